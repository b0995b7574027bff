import CConform
import Drivers
import NexusPluginABI

/// Maps a driver and reads its table, call by call.
struct LoadTrial {
  let page: TrialPage
  let file: DriverFile

  private typealias Entry = @convention(c) (UInt32) -> UnsafePointer<nexus_driver>?

  func run() {
    let library: DriverLibrary
    do {
      library = try file.map {
        // From here on only the loader may open, read and map.
        _ = conform_confine(page.address, 1)
        conform_enter(CONFORM_IN_LOAD)
      }
    } catch {
      return page.add("load.maps", "It \(error).")
    }
    conform_enter(CONFORM_IN_HOST)
    _ = Unmanaged.passRetained(library)
    _ = conform_confine(page.address, 0)
    // What lacks it is told by file.exports.
    guard let symbol = library.symbol("nexus_driver_entry") else { return }
    ask(unsafeBitCast(symbol, to: Entry.self))
  }

  private func call(_ entry: Entry, _ major: UInt32) -> UnsafePointer<nexus_driver>? {
    conform_enter(CONFORM_IN_ENTRY)
    defer { conform_enter(CONFORM_IN_HOST) }
    return entry(major)
  }

  private func ask(_ entry: Entry) {
    guard let table = call(entry, NEXUS_ABI_MAJOR) else {
      return page.add(
        "table.entry", "nexus_driver_entry(\(NEXUS_ABI_MAJOR)) gives NULL, no table.")
    }
    for major in [0, NEXUS_ABI_MAJOR + 1, 77, UInt32.max] where call(entry, major) != nil {
      page.add(
        "table.major",
        "nexus_driver_entry(\(major)) gives a table: it cannot know what that version is.")
      break
    }
    conform_enter(CONFORM_IN_TABLE)
    let checks = TableChecks(page: page)
    let size = table.pointee.size
    guard checks.size(size, minor: table.pointee.abi_minor) else { return }
    // What it says of its size is true to that extent.
    let before = bytes(table, Int(size))
    for _ in 0..<3 {
      guard let again = call(entry, NEXUS_ABI_MAJOR) else {
        return page.add("table.stable", "nexus_driver_entry gives a table only the first time.")
      }
      guard again == table else {
        return page.add("table.stable", "nexus_driver_entry gives another table each time.")
      }
    }
    conform_enter(CONFORM_IN_TABLE)
    guard bytes(table, Int(size)) == before else {
      return page.add("table.stable", "The table changes with a call of nexus_driver_entry.")
    }
    read(table, checks)
    conform_enter(CONFORM_IN_HOST)
  }

  private func bytes(_ table: UnsafePointer<nexus_driver>, _ size: Int) -> [UInt8] {
    Array(UnsafeRawBufferPointer(start: table, count: size))
  }

  private func read(_ table: UnsafePointer<nexus_driver>, _ checks: TableChecks) {
    var copy = nexus_driver()
    withUnsafeMutableBytes(of: &copy) { target in
      let size = min(Int(table.pointee.size), target.count)
      target.copyMemory(from: UnsafeRawBufferPointer(start: table, count: size))
    }
    let before = page.address.pointee.finding_count
    checks.fields(copy)
    if let ability = copy.extension { unheardOf(ability) }
    conform_enter(CONFORM_IN_TABLE)
    do {
      let driver = try Driver(table: table)
      if let note = try? DriverNote.read(ELFFile(file.bytes)),
        let key = note.difference(from: driver.descriptor)
      {
        page.add(
          "table.note",
          "Note and table differ in '\(key)': the note says '\(note[key] ?? "")'.")
      }
    } catch {
      // The same in other words, unless it is something that was not looked at.
      guard page.address.pointee.finding_count == before else { return }
      page.add("table.refused", "The host refuses it: \(error).")
    }
  }

  private func unheardOf(_ ability: @convention(c) (nexus_slice) -> UnsafeRawPointer?) {
    for name in ["", "org.example.unheard-of/1", "nexus.tokens/999"] {
      let bytes = Array(name.utf8)
      let answer = bytes.withUnsafeBufferPointer { buffer in
        conform_enter(CONFORM_IN_EXTENSION)
        return ability(nexus_slice(data: buffer.baseAddress, size: UInt64(buffer.count)))
      }
      guard answer == nil else {
        return page.add(
          "table.extension", "extension(\"\(name)\") gives something, where nobody knows what.")
      }
    }
  }
}
