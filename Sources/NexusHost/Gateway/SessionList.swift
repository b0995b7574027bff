/// The open connections of a worker. Each knows its place, so that none is looked for.
struct SessionList: Sequence {
  private var sessions: [ClientSession] = []

  mutating func add(_ session: ClientSession) {
    session.listIndex = sessions.count
    sessions.append(session)
  }

  mutating func remove(_ session: ClientSession) {
    guard let last = sessions.popLast(), last !== session else { return }
    sessions[session.listIndex] = last
    last.listIndex = session.listIndex
  }

  func makeIterator() -> IndexingIterator<[ClientSession]> { sessions.makeIterator() }
}
