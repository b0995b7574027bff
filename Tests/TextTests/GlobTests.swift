import Testing

@testable import Text

@Suite struct GlobTests {
  static let cases: [(pattern: String, matching: [String], other: [String])] = [
    ("", [""], ["a"]),
    ("gpt-4", ["gpt-4"], ["", "gpt-", "gpt-4o", "GPT-4", "xgpt-4"]),
    ("*", ["", "a", "org/model:8b", "ü\n"], []),
    ("gpt-*", ["gpt-", "gpt-4", "gpt-4/x:y"], ["gpt", "agpt-4"]),
    ("*:8b", [":8b", "llama3:8b", "a/b:8b"], ["llama3:8b-q4", "8b"]),
    ("*/*", ["/", "a/b", "a/b/c"], ["a", ""]),
    ("a*b*c", ["abc", "aXbYc", "abbcbc"], ["ab", "acb", "abcd"]),
    ("**a**", ["a", "bab"], ["b"]),
    ("?", ["a", "ü", "😀", "/"], ["", "ab"]),
    ("a?c", ["abc", "a:c"], ["ac", "abbc"]),
    ("[abc]", ["a", "b", "c"], ["d", "", "ab", "A"]),
    ("[a-cx-z]", ["a", "b", "c", "x", "z"], ["d", "w", "-"]),
    ("[!a-c]", ["d", "-", "!"], ["a", "b", ""]),
    ("[^a]", ["b", "^"], ["a"]),
    ("[a-]", ["a", "-"], ["b"]),
    ("[-a]", ["a", "-"], ["b"]),
    ("[]a]", ["]", "a"], ["b"]),
    ("[!]a]", ["b"], ["]", "a"]),
    ("[\\]a]", ["]", "a"], ["\\"]),
    ("[a\\-z]", ["a", "-", "z"], ["b"]),
    ("[*?{,}]", ["*", "?", "{", ",", "}"], ["a"]),
    ("[а-я]", ["ж"], ["z"]),
    ("{a,b}", ["a", "b"], ["", "ab", "{a,b}"]),
    ("{a,b*}x", ["ax", "bx", "bccx"], ["x", "cx", "acx"]),
    ("{,a}b", ["b", "ab"], ["aab"]),
    ("{a}", ["a"], ["{a}"]),
    ("{}", [""], ["a"]),
    ("{a,{b,c{d,e}}}f", ["af", "bf", "cdf", "cef"], ["cf", "df"]),
    ("{gpt,o[134]}-*", ["gpt-4", "o3-mini"], ["o2-x", "gpt4"]),
    ("{a\\,b,c\\}}", ["a,b", "c}"], ["a", "b", "c"]),
    ("{*a,b*}", ["a", "xa", "b", "bx"], ["cb", ""]),
    ("a,b}", ["a,b}"], ["a"]),
    ("]", ["]"], ["a"]),
    ("\\*\\?\\[\\{\\\\", ["*?[{\\"], ["a"]),
    ("\\a", ["a"], ["\\a"]),
    ("é", ["é"], ["e\u{301}"]),
  ]

  @Test func matchesLikeAShell() throws {
    for (pattern, matching, other) in Self.cases {
      let glob = try Glob(pattern)
      for text in matching { #expect(glob.matches(text), "\(pattern) should match \(text)") }
      for text in other { #expect(!glob.matches(text), "\(pattern) should not match \(text)") }
    }
  }

  static let mistakes: [(pattern: String, column: Int, message: String)] = [
    ("a[bc", 2, "This '[' is not closed; add ']', or write \\[ for the character."),
    ("[]", 1, "This '[' is not closed; add ']', or write \\[ for the character."),
    ("[!", 1, "This '[' is not closed; add ']', or write \\[ for the character."),
    ("x{a,b", 2, "This '{' is not closed; add '}', or write \\{ for the character."),
    ("{a,{b}", 1, "This '{' is not closed; add '}', or write \\{ for the character."),
    ("ü\\", 2, "Nothing follows this backslash; write two for one."),
    ("[\\", 2, "Nothing follows this backslash; write two for one."),
    ("[z-a]", 2, "'z-a' runs backwards; write a-z."),
    ("{{{{{{{{{a}}}}}}}}}", 9, "Braces contain each other at most 8 times."),
    (String(repeating: "a", count: 1025), 1025, "A pattern has at most 1024 characters."),
  ]

  @Test func saysWhatIsWrong() {
    for (pattern, column, message) in Self.mistakes {
      do throws(GlobError) {
        _ = try Glob(pattern)
        Issue.record("\(pattern) was taken")
      } catch {
        #expect(error == GlobError(column: column, message: message), "\(pattern)")
      }
    }
    #expect(GlobError(column: 2, message: "No.").description == "character 2: No.")
  }

  @Test func equalsBySource() throws {
    #expect(try Glob("a*") == Glob("a*"))
    #expect(try Glob("a*") != Glob("a**"))
    #expect(try Glob("a*").pattern == "a*")
  }

  /// Each of these takes a matcher that backtracks longer than the universe has stood.
  @Test func neverTriesAgainAndAgain() throws {
    let text = String(repeating: "a", count: 300)
    for part in ["*a", "{a,a*}", "{*,a}", "?*"] {
      let glob = try Glob(String(repeating: part, count: 100) + "b")
      #expect(!glob.matches(text))
      #expect(glob.matches(text + "b"))
    }
  }

  /// Compared with a plain, slow matcher on random patterns without braces.
  @Test(arguments: 1...5)
  func agreesWithAPlainMatcher(seed: Int) throws {
    var random = SeededBytes(seed: UInt64(seed))
    let signs = Array("ab*?")
    for _ in 0..<2_000 {
      let pattern = (0..<random.below(8)).map { _ in signs[random.below(4)] }
      let text = (0..<random.below(8)).map { _ in signs[random.below(2)] }
      let expected = Self.plainMatch(pattern[...], text[...])
      #expect(
        try Glob(String(pattern)).matches(String(text)) == expected,
        "seed \(seed): \(String(pattern)) on \(String(text))")
    }
  }

  private static func plainMatch(
    _ pattern: ArraySlice<Character>, _ text: ArraySlice<Character>
  ) -> Bool {
    guard let sign = pattern.first else { return text.isEmpty }
    if sign == "*" {
      return plainMatch(pattern.dropFirst(), text)
        || (!text.isEmpty && plainMatch(pattern, text.dropFirst()))
    }
    guard let letter = text.first, sign == "?" || sign == letter else { return false }
    return plainMatch(pattern.dropFirst(), text.dropFirst())
  }
}
