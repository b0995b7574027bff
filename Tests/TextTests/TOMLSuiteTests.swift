import Testing
import Text

@Suite struct TOMLSuiteTests {
  /// As many as the suite has, lest a test that finds no files passes.
  private let validCount = 210
  private let invalidCount = 499

  @Test func readsAllValidCasesAndRefusesAllInvalidOnes() throws {
    let valid = TOMLSuite.valid
    let invalid = TOMLSuite.invalid
    #expect(valid.count >= validCount)
    #expect(invalid.count >= invalidCount)
    var passed = 0
    for test in valid {
      let document = TOMLDocument.parse(test.bytes)
      #expect(document.faults.isEmpty, "\(test)")
      let found = TaggedTOML.difference(.table(document.root), try test.expected())
      #expect(found == nil, "\(test)")
      if found == nil, document.faults.isEmpty { passed += 1 }
    }
    var refused = 0
    for test in invalid {
      let faults = TOMLDocument.parse(test.bytes).faults
      #expect(!faults.isEmpty, "\(test)")
      if !faults.isEmpty { refused += 1 }
    }
    print("toml-test: \(passed) valid, \(refused) invalid passed")
  }
}
