/// What can be read in the bytes of a journal, however damaged they are.
struct JournalScan {
  /// Everything readable, in the order of the file.
  private(set) var records: [StateRecord] = []
  /// Where nothing could be read.
  private(set) var damage: [Range<Int>] = []
  /// Records that were there, as far as can be told.
  private(set) var lostRecords = 0
  /// The format's version that the header names; nil without a readable header.
  private(set) var version: Int?

  init(_ bytes: [UInt8]) { read(bytes.span) }

  /// Whether a later program wrote the file, so that its records may mean something else.
  var isNewer: Bool { version.map { $0 > StateFrame.version } ?? false }

  var isWhole: Bool { damage.isEmpty && version == StateFrame.version }

  var lostBytes: Int { damage.reduce(0) { $0 + $1.count } }

  private mutating func read(_ bytes: Span<UInt8>) {
    var offset = 0
    while offset < bytes.count {
      if let payload = StateFrame.payload(in: bytes, at: offset) {
        take(bytes.extracting(payload), at: offset..<payload.upperBound)
        offset = payload.upperBound
      } else {
        offset = skipDamage(in: bytes, from: offset)
      }
    }
  }

  private mutating func take(_ payload: Span<UInt8>, at place: Range<Int>) {
    guard let (operation, record) = StateFrame.decode(payload) else {
      damage.append(place)
      lostRecords += 1
      return
    }
    if operation != .format {
      records.append(record)
    } else if record.kind == StateFrame.formatKind, let number = Int(record.key) {
      version = max(number, version ?? 0)
    }
  }

  /// Goes on to the next whole frame, or the end.
  private mutating func skipDamage(in bytes: Span<UInt8>, from start: Int) -> Int {
    var offset = start
    var markers = 0
    repeat {
      offset = StateFrame.nextMarker(in: bytes, from: offset + 1)
      guard offset < bytes.count, StateFrame.payload(in: bytes, at: offset) == nil else { break }
      markers += 1
    } while true
    damage.append(start..<offset)
    // Each damaged record has left its marker, but for the first, whose marker may be the damage.
    lostRecords += 1 + markers
    return offset
  }
}
