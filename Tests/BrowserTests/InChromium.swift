import Testing

/// Gives the tests of a suite one Chromium, which ends with them.
struct InChromium: SuiteTrait, TestScoping {
  @TaskLocal static var current: ChromiumProcess?

  func provideScope(
    for test: Test, testCase: Test.Case?,
    performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    let chromium = try ChromiumProcess()
    defer { chromium.end() }
    try await Self.$current.withValue(chromium) { try await function() }
  }
}

extension Trait where Self == InChromium {
  static var inChromium: Self { Self() }
}

/// All tests in a browser, one after the other.
@Suite(
  .serialized, .timeLimit(.minutes(3)), .inChromium,
  .enabled(if: ChromiumProcess.path != nil, "Chromium is not installed"))
enum BrowserTests {
  /// Does something in a new tab, whatever becomes of it.
  static func inTab<Value>(
    width: Int = 1280, height: Int = 800, _ body: (Tab) async throws -> Value
  ) async throws -> Value {
    guard let chromium = InChromium.current else { throw CaseFailure("no Chromium was started") }
    let tab = try await Tab(chromium, width: width, height: height)
    do {
      let value = try await body(tab)
      await tab.close()
      return value
    } catch {
      await tab.close()
      throw error
    }
  }
}
