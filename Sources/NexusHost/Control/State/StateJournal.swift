import Glibc

/// The journal's file: a value that its one writer owns.
///
/// Appends go to `journal`. A new version of the whole file is written beside it and renamed over
/// it, so that there is always one that is whole.
struct StateJournal {
  static let name = "journal"
  static let temporaryName = "journal.new"
  static let damagedName = "journal.damaged-"
  /// Damaged files that are kept.
  static let damagedKept = 4
  /// Far above what the facts of a gateway need; keeps a mistaken file from filling the memory.
  static let largestSize = 64 << 20

  private let disk: any StateDisk
  /// Bytes that a journal may have before it is rewritten without what no longer holds.
  private let compactAbove: Int
  private var file: CInt?
  /// Bytes of whole, synced records.
  private var size = 0
  private var compactAt: Int
  /// The file cannot be trusted or appended to; the next record makes a new one.
  private var mustRewrite = true
  /// A damaged or foreign file must be kept before it is replaced.
  private var mustSetAside = false

  init(disk: any StateDisk, compactAbove: Int) {
    self.disk = disk
    self.compactAbove = compactAbove
    compactAt = compactAbove
  }

  // MARK: Reading

  /// Reads what is there. Damaged files are set aside and replaced by what is readable.
  mutating func load(_ report: inout StateReport) throws(StateError) -> StateContents {
    let bytes: [UInt8]
    let whole: Int
    switch try disk.read(Self.name, limit: Self.largestSize) {
    case nil: return StateContents()
    case .other:
      try disk.rename(Self.name, to: try freeDamagedName())
      report.notes.append("'\(disk.path)/journal' was no file; it was renamed")
      return StateContents()
    case .regular(let read, let size): (bytes, whole) = (read, size)
    }
    let scan = JournalScan(bytes)
    let contents = StateContents(scan.isNewer ? [] : scan.records)
    report.records = contents.count
    if scan.isNewer {
      mustSetAside = true
      report.notes.append(newerNote(scan))
    } else if scan.isWhole, whole == bytes.count {
      size = whole
      file = try disk.open(Self.name, new: false)
      mustRewrite = false
    } else {
      mustSetAside = whole > 0
      report.discardedBytes = scan.lostBytes + whole - bytes.count
      report.discardedRecords = scan.lostRecords
      report.notes.append(damageNote(scan, report, mend(contents)))
    }
    return contents
  }

  /// Replaces a damaged file at once where that is possible; else the next record tries again.
  private mutating func mend(_ contents: StateContents) -> String {
    do throws(StateError) {
      let kept = try setAside()
      try rewrite(contents)
      return kept.map { "the damaged file is kept as '\($0)'" } ?? "it was empty"
    } catch {
      return "it stays as it is, because \(error)"
    }
  }

  private func damageNote(
    _ scan: JournalScan, _ report: StateReport, _ consequence: String
  ) -> String {
    let places = scan.damage.prefix(3).map { "\($0.lowerBound)" }.joined(separator: ", ")
    let lost =
      report.discardedBytes == 0
      ? "has no header"
      : "is damaged: \(report.discardedBytes) bytes that held about"
        + " \(report.discardedRecords) records cannot be read (at byte \(places)"
        + (scan.damage.count > 3 ? " and more)" : ")")
    return "'\(disk.path)/journal' \(lost); \(report.records) facts were read; \(consequence)"
  }

  private func newerNote(_ scan: JournalScan) -> String {
    "'\(disk.path)/journal' was written by a later version of nexus (format \(scan.version ?? 0);"
      + " this one knows \(StateFrame.version)), so nothing is read from it;"
      + " it is kept, beside a new one once there is something to write"
  }

  // MARK: Writing

  /// Has the records on the disk when it returns. `contents` is what holds with them. After an
  /// error they are not kept.
  mutating func append(
    _ records: [StateRecord], giving contents: StateContents
  ) throws(StateError) {
    if mustSetAside { _ = try setAside() }
    guard !mustRewrite, let file else { return try rewrite(contents) }
    let bytes = records.flatMap(StateFrame.encode)
    guard size + bytes.count <= Self.largestSize else {
      throw .full(path: disk.path, errno: EFBIG)
    }
    do throws(StateError) {
      try write(bytes, to: file)
      do throws(StateError) {
        try disk.sync(file)
      } catch {
        // What a failed sync left undone is never written again: only a new file is sure.
        mustRewrite = true
        throw error
      }
    } catch {
      cutBack(file)
      throw error
    }
    size += bytes.count
  }

  /// Removes what no longer holds from the file when that is most of it.
  mutating func compact(_ contents: StateContents) {
    guard size > compactAt, size > 2 * contents.size else { return }
    do throws(StateError) {
      try rewrite(contents)
    } catch {
      // Nothing is lost but room. Once more when the file has grown.
      compactAt = size + compactAbove
    }
  }

  mutating func close() {
    if let file { disk.close(file) }
    file = nil
    mustRewrite = true
  }

  /// Takes away the rest of a record that could not be written.
  private mutating func cutBack(_ file: CInt) {
    do throws(StateError) {
      try disk.truncate(file, to: size)
    } catch {
      mustRewrite = true
    }
  }

  private func write(_ bytes: [UInt8], to file: CInt) throws(StateError) {
    var rest = bytes[...]
    while !rest.isEmpty { rest = rest.dropFirst(try disk.write(file, rest)) }
  }

  /// Makes a new file with these facts and puts it in the old one's place.
  private mutating func rewrite(_ contents: StateContents) throws(StateError) {
    let bytes = contents.records.reduce(into: StateFrame.header) { $0 += StateFrame.encode($1) }
    try disk.remove(Self.temporaryName)
    let new = try disk.open(Self.temporaryName, new: true)
    do throws(StateError) {
      try write(bytes, to: new)
      try disk.sync(new)
      try disk.rename(Self.temporaryName, to: Self.name)
    } catch {
      disk.close(new)
      try? disk.remove(Self.temporaryName)
      throw error
    }
    if let file { disk.close(file) }
    (file, size, compactAt) = (new, bytes.count, compactAbove)
    // Until the name is on the disk, a power cut can bring the old file back.
    mustRewrite = true
    try disk.syncNames()
    mustRewrite = false
  }

  // MARK: Damaged files

  /// Keeps the present file under another name, and few of those.
  private mutating func setAside() throws(StateError) -> String? {
    guard mustSetAside else { return nil }
    let name = try freeDamagedName()
    do throws(StateError) {
      try disk.link(Self.name, as: name)
    } catch {
      // Not every file system gives a file two names.
      try copy(to: name)
    }
    mustSetAside = false
    return name
  }

  private func copy(to name: String) throws(StateError) {
    guard case .regular(let bytes, _) = try disk.read(Self.name, limit: Self.largestSize) else {
      return
    }
    let file = try disk.open(name, new: true)
    defer { disk.close(file) }
    try write(bytes, to: file)
    try disk.sync(file)
  }

  /// The next name for a damaged file; the oldest ones go.
  private func freeDamagedName() throws(StateError) -> String {
    let numbers = try disk.names().compactMap { name in
      name.hasPrefix(Self.damagedName) ? Int(name.dropFirst(Self.damagedName.count)) : nil
    }
    let next = (numbers.max() ?? 0) + 1
    for number in numbers where number <= next - Self.damagedKept {
      // One that cannot be removed is no reason to fail.
      try? disk.remove("\(Self.damagedName)\(number)")
    }
    return "\(Self.damagedName)\(next)"
  }
}
