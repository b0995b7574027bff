import Drivers

/// What can be said of a driver file without running it.
enum FileChecks {
  private static let entry = "nexus_driver_entry"
  /// What linkers export by themselves: borders of sections.
  private static let marks: Set<String> = [
    "_init", "_fini", "_end", "end", "_edata", "edata", "_etext", "etext", "__bss_start",
    "__bss_start__", "__bss_end__", "_bss_end__", "__end__",
  ]

  /// What is wrong with a file. `stops`: whether it cannot be mapped at all.
  static func run(_ file: DriverFile) -> (
    findings: [ConformanceFinding], note: DriverNote?, stops: Bool
  ) {
    var findings: [ConformanceFinding] = []
    do {
      _ = try DriverFile(path: file.path, trusted: true)
    } catch {
      findings.append(ConformanceFinding("file.permissions", "The file is \(error)."))
    }
    let image: ELFFile
    do {
      image = try ELFFile(file.bytes)
    } catch {
      return (findings + [ConformanceFinding("file.format", "It is \(error).")], nil, true)
    }
    do {
      findings += check(try ELFDynamic(image))
    } catch {
      return (findings + [ConformanceFinding("file.format", "It is \(error).")], nil, true)
    }
    let (note, fault) = readNote(image)
    if let fault { findings.append(ConformanceFinding("file.note", fault)) }
    return (findings, note, false)
  }

  private static func check(_ dynamic: ELFDynamic) -> [ConformanceFinding] {
    var findings: [ConformanceFinding] = []
    let exports = dynamic.symbols.filter(\.isDefined).map(\.name)
    let others = exports.filter { $0 != entry && !marks.contains($0) }
    if !exports.contains(entry) {
      findings.append(
        ConformanceFinding(
          "file.exports", "It exports no \(entry): the host cannot ask it for its table."))
    }
    if !others.isEmpty {
      findings.append(
        ConformanceFinding(
          "file.exports",
          "It exports \(list(others)) too. Compile with -fvisibility=hidden or link with the version "
            + "script driver.map."))
    }
    let imports = dynamic.symbols.filter { !$0.isDefined }.map(\.name)
      .filter { !ImportRules.allows($0) }
    if !imports.isEmpty {
      findings.append(
        ConformanceFinding(
          "file.imports",
          "It imports \(list(imports)): a driver has no use for what is outside of its memory. The "
            + "host does all input and output."))
    }
    let needed = dynamic.needed.filter { !isBasic($0) }
    if !needed.isEmpty {
      findings.append(
        ConformanceFinding(
          "file.needed", "It needs \(list(needed)): not every machine has that. Link it in."))
    }
    if let path = dynamic.libraryPath {
      findings.append(
        ConformanceFinding(
          "file.runpath",
          "It looks for libraries in '\(path)', a directory of the machine that built it."))
    }
    if dynamic.wantsExecutableStack {
      findings.append(
        ConformanceFinding(
          "file.stack", "It asks for an executable stack; link with -z noexecstack."))
    }
    if dynamic.hasTextRelocations {
      findings.append(
        ConformanceFinding(
          "file.relocations",
          "Its code has to be written to when it is mapped; compile all of it with -fPIC and link "
            + "with -z text."))
    }
    return findings
  }

  /// libc, what belongs to it, and the unwinder.
  private static func isBasic(_ library: String) -> Bool {
    ["libc.so.6", "libm.so.6", "libgcc_s.so.1"].contains(library) || library.hasPrefix("ld-linux")
  }

  private static func readNote(_ image: ELFFile) -> (DriverNote?, fault: String?) {
    do {
      guard let note = try DriverNote.read(image) else {
        return (nil, "It has no note: put NEXUS_DRIVER_NOTE(\"id=…\") into a source file.")
      }
      let missing = ["id", "version", "abi", "types", "operations", "licence", "summary"]
        .filter { note[$0] == nil }
      guard missing.isEmpty else { return (note, "Its note lacks \(list(missing)).") }
      guard note.abi != nil else { return (note, "The abi of its note is not MAJOR.MINOR.") }
      return (note, nil)
    } catch {
      return (nil, "Its note cannot be read: \(error).")
    }
  }

  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(6).joined(separator: ", ")
    return names.count > 6 ? "\(shown) and \(names.count - 6) more" : shown
  }
}
