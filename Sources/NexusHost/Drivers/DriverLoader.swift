import CLinux
import Glibc
import Net
import NexusPluginABI

/// Loads the drivers of a directory.
///
/// A file is refused with one line of reason, and the others go on. Nothing is run before owner,
/// mode, format and note of the file were found right.
public enum DriverLoader {
  /// Loads every `.so` of `directory` (absolute) in the order of names.
  ///
  /// `previous`: what was loaded before. Drivers of files that are the same stay as they are, and so
  /// does the driver of a file that is another now and is refused: what works goes only for what
  /// works. What was loaded before goes first where two claim the same.
  public static func load(
    directory: String, after previous: DriverCatalogue = DriverCatalogue()
  ) -> DriverCatalogue {
    let names: [String]
    do {
      names = try libraries(in: directory)
    } catch {
      let refusal = DriverRefusal(
        path: directory, reason: error.description, keepsOld: !previous.drivers.isEmpty)
      return DriverCatalogue(
        directory: directory, drivers: previous.drivers, refusals: [refusal], after: previous)
    }
    var drivers: [Driver] = []
    var refusals: [DriverRefusal] = []
    let paths = names.map { "\(directory)/\($0)" }
    for path in order(paths, after: previous) {
      let old = previous.driver(from: path)
      do {
        let driver = try load(path: path, unless: old)
        try refuseDuplicate(driver.descriptor, among: drivers)
        drivers.append(driver)
      } catch {
        var keepsOld = false
        if let old, (try? refuseDuplicate(old.descriptor, among: drivers)) != nil {
          drivers.append(old)
          keepsOld = true
        }
        refusals.append(
          DriverRefusal(path: path, reason: error.description, keepsOld: keepsOld))
      }
    }
    return DriverCatalogue(
      directory: directory,
      drivers: drivers.sorted { $0.descriptor.path < $1.descriptor.path },
      refusals: refusals.sorted { $0.path < $1.path }, after: previous)
  }

  /// First what is as it was, then what has changed, then what has come: so nobody's id or type is
  /// taken away from a driver that works.
  private static func order(_ paths: [String], after previous: DriverCatalogue) -> [String] {
    func rank(_ path: String) -> Int {
      guard let old = previous.driver(from: path) else { return 2 }
      return old.file == FileIdentity(of: path) ? 0 : 1
    }
    return paths.map { (rank($0), $0) }.sorted { $0 < $1 }.map(\.1)
  }

  /// Loads one file, unless it is the one that `old` was loaded from.
  static func load(path: String, unless old: Driver? = nil) throws(DriverFileError) -> Driver {
    guard path.hasPrefix("/") else { throw DriverFileError("not an absolute path") }
    if let old, old.file != nil, old.file == FileIdentity(of: path) { return old }
    let file = try DriverFile(path: path, trusted: true)
    if let old, old.descriptor.sha256 == file.sha256 { return old }
    let note = try note(of: file)
    if let abi = note?.abi, abi.major != NEXUS_ABI_MAJOR {
      throw DriverFileError(
        "made for driver ABI \(abi.major); this host speaks \(NEXUS_ABI_MAJOR)")
    }
    let library = try file.map()
    let table = try table(of: library)
    do throws(DriverTableError) {
      let driver = try Driver(
        table: table, library: library, path: path, sha256: file.sha256, file: file.identity)
      if let note, let key = note.difference(from: driver.descriptor) {
        throw DriverTableError("the note of the file and the driver's table differ in '\(key)'")
      }
      return driver
    } catch {
      throw DriverFileError(error.description)
    }
  }

  /// The names of the `.so` files of a directory that nobody but root or the user can change.
  private static func libraries(in directory: String) throws(DriverFileError) -> [String] {
    guard directory.hasPrefix("/") else { throw DriverFileError("not an absolute path") }
    guard let stream = opendir(directory) else { throw DriverFileError(SystemError.text(errno)) }
    defer { closedir(stream) }
    var status = stat()
    guard fstat(dirfd(stream), &status) == 0 else {
      throw DriverFileError(SystemError.text(errno))
    }
    if let fault = DriverFile.fault(of: status) {
      throw DriverFileError("the directory is \(fault)")
    }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name.hasSuffix(".so"), !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }

  private static func note(of file: DriverFile) throws(DriverFileError) -> DriverNote? {
    do {
      return try DriverNote.read(try ELFFile(file.bytes))
    } catch {
      throw DriverFileError(error.description)
    }
  }

  private static func table(
    of library: DriverLibrary
  ) throws(DriverFileError) -> UnsafePointer<nexus_driver> {
    typealias Entry = @convention(c) (UInt32) -> UnsafePointer<nexus_driver>?
    guard let symbol = library.symbol("nexus_driver_entry") else {
      throw DriverFileError("not a driver: it exports no nexus_driver_entry")
    }
    guard let table = unsafeBitCast(symbol, to: Entry.self)(NEXUS_ABI_MAJOR) else {
      throw DriverFileError("it does not serve driver ABI \(NEXUS_ABI_MAJOR)")
    }
    return table
  }

  private static func refuseDuplicate(
    _ driver: DriverDescriptor, among others: [Driver]
  ) throws(DriverFileError) {
    for other in others.map(\.descriptor) {
      if other.id == driver.id {
        throw DriverFileError("the id '\(driver.id)' is already taken by \(other.path)")
      }
      if let type = driver.types.first(where: other.types.contains) {
        throw DriverFileError("the type '\(type)' is already served by \(other.path)")
      }
    }
  }
}
