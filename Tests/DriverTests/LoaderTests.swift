import Foundation
import Testing

@testable import Drivers

@Suite(.serialized) struct LoaderTests {
  @Test func loadsInTheOrderOfNamesAndCalls() throws {
    let folder = try DriverFolder()
    try folder.compile("b", FaultDriver(id: "org.example.b", type: "b").source)
    try folder.compile("a", FaultDriver(id: "org.example.a", type: "a").source)
    let catalogue = DriverLoader.load(directory: folder.path)
    #expect(catalogue.refusals == [])
    #expect(catalogue.drivers.map(\.descriptor.id) == ["org.example.a", "org.example.b"])
    let driver = try #require(catalogue.driver(forType: "b"))
    #expect(driver.descriptor.path == "\(folder.path)/b.so")
    #expect(driver.descriptor.ports == [4242])
    #expect(driver.descriptor.operations.kinds == [.identify, .survey])
    #expect(Exchange().begin(driver, .survey) == .done)
    #expect(catalogue.ports.map(\.port) == [4242])
    #expect(catalogue.ports.first?.drivers.count == 2)
  }

  /// Each fault costs its own file one clear line, and the sound driver beside it goes on.
  @Test(arguments: [
    ("wrong major", FaultDriver(spoil: "table.abi_major = 2;"), "driver ABI 2"),
    ("small table", FaultDriver(spoil: "table.size = 168;"), "168 bytes; 176 are required"),
    ("no size", FaultDriver(spoil: "table.size = 0;"), "no size"),
    ("no begin", FaultDriver(spoil: "table.begin = 0;"), "begin, resume or end"),
    ("no end", FaultDriver(spoil: "table.end = 0;"), "begin, resume or end"),
    ("no id", FaultDriver(spoil: "table.id.size = 0;"), "'id' is empty"),
    ("null id", FaultDriver(spoil: "table.id.data = 0;"), "'id' is no UTF-8"),
    ("bad id", FaultDriver(id: "a b"), "holds more than letters"),
    ("no types", FaultDriver(spoil: "table.type_count = 0;"), "no backend type"),
    ("many types", FaultDriver(spoil: "table.type_count = 1000000;"), "at most 64"),
    ("null types", FaultDriver(spoil: "table.types = 0;"), "no address"),
    ("no operation", FaultDriver(spoil: "table.operations = 0;"), "no operation"),
    ("alien operations", FaultDriver(spoil: "table.operations = 1ull << 60;"), "no operation"),
    ("relayed", FaultDriver(spoil: "table.relayed = 8;"), "'relayed' holds"),
    ("zone", FaultDriver(spoil: "table.default_zone = 9;"), "default_zone is 9"),
    ("cancel", FaultDriver(spoil: "table.cancel = 9;"), "cancel is 9"),
    ("no entry", FaultDriver(entry: "something_else"), "exports no nexus_driver_entry"),
    ("null table", FaultDriver(spoil: "return 0;"), "does not serve driver ABI"),
    ("other note", FaultDriver(noteType: "other"), "differ in 'types'"),
    ("note of ABI 2", FaultDriver(noteText: "abi=2.0"), "driver ABI 2"),
    ("note without id", FaultDriver(noteText: "abi=1.0"), "differ in 'id'"),
    ("strange note", FaultDriver(noteText: "hello"), "without '='"),
  ])
  func refusesAFault(name: String, driver: FaultDriver, reason: String) throws {
    let folder = try DriverFolder()
    try folder.compile("fault", driver.source)
    let catalogue = DriverLoader.load(directory: folder.path)
    #expect(catalogue.drivers.isEmpty)
    #expect(catalogue.refusals.map(\.path) == ["\(folder.path)/fault.so"])
    let told = catalogue.refusals.first?.reason ?? ""
    #expect(told.contains(reason), "\(name): \(told)")
    #expect(!told.contains("\n"))
  }

  @Test func refusesWhatIsNoLibraryAndGoesOn() throws {
    let folder = try DriverFolder()
    try folder.compile("good", FaultDriver().source)
    let good = try folder.bytes("good.so")
    try folder.write("0text.so", Array("just some text\n".utf8))
    try folder.write("1empty.so", [])
    try folder.write("2cut.so", Array(good.prefix(200)))
    var program = good
    program[16] = 2
    try folder.write("3program.so", program)
    var foreign = good
    foreign[18] ^= 0xFF
    try folder.write("4foreign.so", foreign)
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/5folder.so", withIntermediateDirectories: false)
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder.path)/6dangling.so", withDestinationPath: "nowhere")
    try folder.write(".hidden.so", [])
    try folder.write("README", [])
    let catalogue = DriverLoader.load(directory: folder.path)
    #expect(catalogue.drivers.count == 1)
    #expect(
      catalogue.refusals.map(\.reason) == [
        "not an ELF file", "not an ELF file", "an ELF file that is cut short",
        "an ELF file, but not a shared object", "a shared object for another kind of processor",
        "not a regular file", "No such file or directory",
      ])
  }

  @Test(arguments: [0o664, 0o646, 0o666]) func refusesAFileThatOthersCanWrite(mode: Int) throws {
    let folder = try DriverFolder()
    try folder.compile("a", FaultDriver().source)
    try folder.setMode(mode, of: "a.so")
    let catalogue = DriverLoader.load(directory: folder.path)
    #expect(catalogue.drivers.isEmpty)
    #expect(catalogue.refusals.first?.reason.contains("writable by others") == true)
  }

  @Test(arguments: [0o775, 0o757]) func refusesADirectoryThatOthersCanWrite(mode: Int) throws {
    let folder = try DriverFolder()
    try folder.compile("a", FaultDriver().source)
    try folder.setMode(mode, of: "")
    let catalogue = DriverLoader.load(directory: folder.path)
    #expect(catalogue.drivers.isEmpty)
    #expect(catalogue.refusals.map(\.path) == [folder.path])
  }

  @Test func refusesDuplicates() throws {
    let folder = try DriverFolder()
    try folder.compile("a", FaultDriver(id: "org.example.a", type: "a").source)
    try folder.compile("b", FaultDriver(id: "org.example.a", type: "b").source)
    try folder.compile("c", FaultDriver(id: "org.example.c", type: "a").source)
    let catalogue = DriverLoader.load(directory: folder.path)
    #expect(catalogue.drivers.count == 1)
    #expect(
      catalogue.refusals.map(\.reason) == [
        "the id 'org.example.a' is already taken by \(folder.path)/a.so",
        "the type 'a' is already served by \(folder.path)/a.so",
      ])
  }

  @Test func missingOrRelativeDirectoryIsOneRefusal() {
    for path in ["/nonexistent/nexus", "relative"] {
      let catalogue = DriverLoader.load(directory: path)
      #expect(catalogue.drivers.isEmpty)
      #expect(catalogue.refusals.map(\.path) == [path])
    }
  }

  /// The mapped code is a private copy: damage to the file afterwards changes nothing.
  @Test func overwrittenFileDoesNotChangeTheDriver() throws {
    let folder = try DriverFolder()
    try folder.compile("a", FaultDriver().source)
    let size = try folder.bytes("a.so").count
    let catalogue = DriverLoader.load(directory: folder.path)
    let file = try #require(FileHandle(forWritingAtPath: "\(folder.path)/a.so"))
    try file.write(contentsOf: Data(repeating: 0xCC, count: size))
    try file.close()
    let driver = try #require(catalogue.drivers.first)
    #expect(Exchange().begin(driver, .survey) == .done)
  }

  /// Loading again and again, as a reload does, keeps neither memory files nor old drivers.
  @Test func releasedDriversLeaveNothingOpen() throws {
    let folder = try DriverFolder()
    try folder.compile("a", FaultDriver().source)
    func openFiles() throws -> Int {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count { name in
        let target = try? FileManager.default.destinationOfSymbolicLink(
          atPath: "/proc/self/fd/\(name)")
        return target?.contains("nexus:a.so") == true
      }
    }
    for _ in 0..<20 {
      let catalogue = DriverLoader.load(directory: folder.path)
      #expect(catalogue.drivers.count == 1)
      #expect(try openFiles() == 1)
    }
    #expect(try openFiles() == 0)
  }

  @Test func driversWithoutANoteAreLoaded() throws {
    let folder = try DriverFolder()
    try folder.compile("a", FaultDriver(withNote: false).source)
    #expect(DriverLoader.load(directory: folder.path).drivers.count == 1)
  }
}
