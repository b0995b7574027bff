import Foundation
import Seeded
import Testing

@testable import Conformance
@testable import Drivers

/// Files that are damaged, and what drivers may import.
@Suite struct FileCheckTests {
  private let driver = CheckRun.staged.appendingPathComponent("lib/nexus/ollama.so").path

  @Test func sound() throws {
    let dynamic = try ELFDynamic(
      ELFFile([UInt8](try Data(contentsOf: URL(fileURLWithPath: driver)))))
    #expect(dynamic.symbols.filter(\.isDefined).map(\.name) == ["nexus_driver_entry"])
    #expect(dynamic.symbols.contains { !$0.isDefined && $0.name == "posix_memalign" })
    #expect(dynamic.needed.contains("libc.so.6"))
    #expect(dynamic.libraryPath == nil)
    #expect(!dynamic.wantsExecutableStack && !dynamic.hasTextRelocations)
  }

  /// The programs of this machine, which are large and of every kind, agree with what binutils say.
  @Test func sameAsOthers() throws {
    let nm = Process()
    nm.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    nm.arguments = ["nm", "-D", "--format=posix", driver]
    let pipe = Pipe()
    nm.standardOutput = pipe
    try nm.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let others = text.split(separator: "\n").compactMap { line in
      line.split(separator: " ").first.map { String($0.prefix { $0 != "@" }) }
    }
    let dynamic = try ELFDynamic(
      ELFFile([UInt8](try Data(contentsOf: URL(fileURLWithPath: driver)))))
    #expect(Set(dynamic.symbols.map(\.name)) == Set(others))
  }

  /// No damage takes the process with it. Headers and tables get most of it.
  @Test func damaged() throws {
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: driver)))
    let image = try ELFFile(bytes)
    let tables = image.sections.filter { $0.name.hasPrefix(".dyn") || $0.name.contains("hash") }
      .map(\.range).filter { !$0.isEmpty }
    var readable = 0
    for seed in 0..<1_500 {
      var random = SeededRandom(seed: UInt64(seed))
      var damaged = bytes
      for _ in 0...random.below(4) {
        let place =
          switch random.below(4) {
          case 0: random.below(64)
          case 1: random.below(64 + 12 * 56)
          case 2: random.pick(tables).randomElement(using: &random) ?? 0
          default: random.below(damaged.count)
          }
        guard place < damaged.count else { continue }
        damaged[place] = [0, 1, 0x7F, 0x80, 0xFF, UInt8(random.below(256))][random.below(6)]
      }
      if random.below(8) == 0 { damaged.removeSubrange(random.below(damaged.count)...) }
      guard let image = try? ELFFile(damaged) else { continue }
      _ = try? DriverNote.read(image)
      if (try? ELFDynamic(image)) != nil { readable += 1 }
    }
    #expect(readable > 100, "the damage is too coarse to get anywhere")
  }

  @Test(arguments: [
    "memcpy", "memcpy@GLIBC_2.14", "__memcpy_chk", "strlen", "__isoc23_strtol", "snprintf",
    "__snprintf_chk", "malloc", "sqrtf", "fmodl", "log2", "_Unwind_Resume", "__stack_chk_fail",
    "__exp_finite", "abort",
  ]) func allowed(_ name: String) { #expect(ImportRules.allows(name)) }

  @Test(arguments: [
    "socket", "connect", "open", "open64", "openat", "fopen", "read", "write", "fork", "execve",
    "system", "pthread_create", "dlopen", "dlsym", "getenv", "time", "clock_gettime", "nanosleep",
    "signal", "sigaction", "setlocale", "getrandom", "rand", "arc4random_buf", "exit", "_exit",
    "longjmp", "syscall", "printf", "puts", "mmap", "mprotect", "__open_2", "__read_chk",
  ]) func forbidden(_ name: String) { #expect(!ImportRules.allows(name)) }
}
