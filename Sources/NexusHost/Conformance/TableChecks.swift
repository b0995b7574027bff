import Drivers
import NexusPluginABI

/// Looks at a driver's table field by field.
struct TableChecks {
  let page: TrialPage

  /// Up to and including `end`.
  private static let required = MemoryLayout<nexus_driver>.offset(of: \.`extension`) ?? 176
  /// Larger than any later minor version will make it.
  private static let largest = 4_096

  /// Whether the table can be read at all.
  func size(_ size: UInt32, minor: UInt32) -> Bool {
    guard Int(size) >= Self.required else {
      page.add(
        "table.size",
        "The table says that it has \(size) bytes; \(Self.required), up to and including 'end', are "
          + "required. Set size to sizeof(nexus_driver).")
      return false
    }
    let known = MemoryLayout<nexus_driver>.size
    let most = minor > NEXUS_ABI_MINOR ? Self.largest : known
    guard Int(size) <= most else {
      page.add(
        "table.size",
        "The table says that it has \(size) bytes; a nexus_driver of ABI 1.\(minor) has \(known).")
      return false
    }
    return true
  }

  func fields(_ table: nexus_driver) {
    if table.abi_major != NEXUS_ABI_MAJOR {
      page.add(
        "table.entry",
        "nexus_driver_entry(\(NEXUS_ABI_MAJOR)) gives a table of ABI \(table.abi_major).")
    }
    names(table)
    types(table)
    operations(table)
    places(table)
    if table.begin == nil || table.resume == nil || table.end == nil {
      let missing = [
        ("begin", table.begin == nil), ("resume", table.resume == nil), ("end", table.end == nil),
      ].filter(\.1).map(\.0).joined(separator: ", ")
      page.add("table.functions", "There is no \(missing).")
    }
    if table.default_zone > NEXUS_ZONE_CLOUD {
      page.add("table.zone", "default_zone is \(table.default_zone); defined are 0 and 1.")
    }
    if table.cancel > NEXUS_CANCEL_DRAIN {
      page.add("table.cancel", "cancel is \(table.cancel); defined are 0 and 1.")
    }
  }

  private func names(_ table: nexus_driver) {
    let id = text(table.id)
    if id == nil || id?.isEmpty == true || !isDomain(id ?? "") {
      page.add(
        "table.id",
        "The id '\(id ?? "")' is no reverse domain, such as org.example.server.")
    }
    if text(table.version)?.isEmpty != false {
      page.add("table.version", "There is no version, such as 1.2.0.")
    }
    for (name, slice) in [("summary", table.summary), ("licence", table.licence)]
    where text(slice)?.isEmpty != false {
      page.add("table.text", "'\(name)' is no line of UTF-8 text of 1 to 1,024 bytes.")
    }
  }

  private func types(_ table: nexus_driver) {
    guard table.type_count > 0, table.type_count <= 64, let types = table.types else {
      return page.add(
        "table.types", "The table has \(table.type_count) types; 1 to 64 there may be.")
    }
    for index in 0..<Int(table.type_count) {
      guard let type = text(types[index]), !type.isEmpty, type.utf8.allSatisfy(isNameByte) else {
        return page.add(
          "table.types", "Type \(index + 1) has more than letters, digits, '.', '-' and '_'.")
      }
    }
  }

  private func operations(_ table: nexus_driver) {
    let operations = OperationSet(rawValue: table.operations)
    let relayed = OperationSet(rawValue: table.relayed)
    if operations.isDisjoint(with: .known) {
      page.add("table.operations", "The table declares no operation.")
    }
    if !operations.isSuperset(of: relayed) {
      let more = relayed.subtracting(operations).kinds.map(\.name).joined(separator: ", ")
      page.add("table.operations", "'relayed' has \(more), which 'operations' does not.")
    } else if let odd = relayed.kinds.first(where: { !$0.answersClient }) {
      page.add("table.operations", "'relayed' has \(odd.name), for which no client waits.")
    }
  }

  private func places(_ table: nexus_driver) {
    if table.port_count > 64 || table.port_count > 0 && table.ports == nil {
      page.add("table.ports", "The table has \(table.port_count) ports; 64 there may be.")
    } else if let ports = table.ports {
      for index in 0..<Int(table.port_count) where !(1...65_535).contains(ports[index]) {
        page.add("table.ports", "\(ports[index]) is no TCP port.")
      }
    }
    if table.service_count > 64 || table.service_count > 0 && table.services == nil {
      page.add("table.services", "The table has \(table.service_count) services; 64 there may be.")
    } else if let services = table.services {
      for index in 0..<Int(table.service_count) where !isService(text(services[index]) ?? "") {
        page.add(
          "table.services",
          "Service \(index + 1) is no DNS-SD type, such as _example._tcp.")
      }
    }
  }

  /// The text, or nil if it is none or too long. What cannot be read ends the process.
  private func text(_ slice: nexus_slice) -> String? {
    guard slice.size > 0 else { return "" }
    guard slice.size <= 1_024, let data = slice.data else { return nil }
    let bytes = UnsafeBufferPointer(start: data, count: Int(slice.size))
    guard let text = String(validating: bytes, as: UTF8.self),
      text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
    else { return nil }
    return text
  }

  private func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
    default: false
    }
  }

  private func isDomain(_ text: String) -> Bool {
    let labels = text.split(separator: ".", omittingEmptySubsequences: false)
    return labels.count >= 2 && !labels.contains("") && text.utf8.allSatisfy(isNameByte)
  }

  /// RFC 6763 section 7.
  private func isService(_ text: String) -> Bool {
    let labels = text.split(separator: ".")
    guard labels.count == 2, labels[1] == "_tcp" || labels[1] == "_udp" else { return false }
    return labels[0].hasPrefix("_") && labels[0].count > 1 && text.utf8.allSatisfy(isNameByte)
  }
}
