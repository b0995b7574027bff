import Testing
import Text

/// What the reader says about mistakes, and how it goes on after them.
@Suite struct TOMLFaultTests {
  /// A text with one mistake, where it stands and what is said.
  static let mistakes: [(text: String, line: Int, column: Int, message: String)] = [
    ("type = ollama", 1, 8, #"Text stands in quotes; write type = "ollama"."#),
    ("a = [vllm]", 1, 6, #"Text stands in quotes; write "vllm"."#),
    (
      "url = http://host:80/v1 # it", 1, 7,
      #"Text stands in quotes; write url = "http://host:80/v1"."#
    ),
    ("t = 30s", 1, 5, #"Text stands in quotes; write t = "30s"."#),
    (#"a = say "hi" twice"#, 1, 5, #"Text stands in quotes; write a = "…"."#),
    (#"a = ollama""#, 1, 5, #"The opening quote " is missing here."#),
    ("a = \"b\nc = 1", 1, 5, #"The closing quote " is missing on this line."#),
    ("a = 'b", 1, 5, "The closing quote ' is missing on this line."),
    (
      #"a = "C:\new\""#, 1, 5,
      "The closing quote \" is missing on this line; the backslash before the last one makes it a "
        + "part of the text. Single quotes take backslashes as they are."
    ),
    (
      #"a = "C:\Users\me""#, 1, 8,
      "8 hexadecimal digits belong here; if this is a backslash of a path, write two, or put the "
        + "path in single quotes."
    ),
    (
      #"a = "\d+""#, 1, 6,
      "A backslash starts an escape, and this is none; write two backslashes for one, or put the "
        + "text in single quotes."
    ),
    (#"a = "\uD800""#, 1, 6, "There is no character with this number."),
    ("a = \"\"\"\nx", 1, 5, #"The closing quotes """ are missing."#),
    (
      "a = 'it's'", 1, 9,
      "The text ended at the quote before; put a text with ' in it in double quotes."
    ),
    (
      #"a = "x"y""#, 1, 8,
      #"The text ended at the quote before; write \" for a quote inside of it."#
    ),
    ("a = “b”", 1, 5, #"'“' is a curly quote; write straight ones on both sides: "…"."#),
    ("“a” = 1", 1, 1, #"'“' is a curly quote; write a straight one: " or '."#),
    ("a\u{A0}= 1", 1, 2, "U+00A0 is no plain space; delete it or write one."),
    ("a =\u{A0}1", 1, 4, "U+00A0 is no plain space; delete it or write one."),
    ("key", 1, 4, "'key' has no value; write key = and the value."),
    ("a.b = ", 1, 7, "'b' has no value; write one here."),
    ("key 1", 1, 5, "'=' is missing after 'key'; write key = and the value."),
    ("key: 1", 1, 4, "Write '=' between key and value, not ':'."),
    ("key == 1", 1, 6, "One '=' is enough; delete this one."),
    ("= 1", 1, 1, "A key is missing before '='."),
    ("a. = 1", 1, 4, "After 'a.' the rest of the key is missing."),
    ("llama3:8b = 1", 1, 7, #"A key with ':' in it needs quotes: "llama3:8b"."#),
    ("größe = 1", 1, 3, #"A key with 'ö' in it needs quotes: "größe"."#),
    ("my key = 1", 1, 4, #"A key with a space in it needs quotes: "my key"."#),
    ("\"\"\"a\"\"\" = 1", 1, 1, "A key has one quote on each side; delete two of these."),
    ("// note", 1, 1, "A key cannot start so; if this is to be a comment, start it with #."),
    ("a = 1 // note", 1, 7, "A comment starts with #, not with //."),
    ("a = 1,", 1, 6, "A line ends without ','; delete it."),
    ("a = 1,5", 1, 6, "A number has a decimal point, no comma; write '.' here."),
    (
      "a = 1 b = 2", 1, 7,
      "Nothing but a comment can follow here; start it with #, or begin a new line for the next key."
    ),
    ("a = True", 1, 5, "'True' is no value; write true."),
    ("a = yes", 1, 5, "'yes' is no value; write true."),
    ("a = off", 1, 5, "'off' is no value; write false."),
    ("a = null", 1, 5, "TOML has no 'null'; leave the key out to get its default."),
    ("a = 08080", 1, 5, "'08080': a number has no leading zero; delete it, or put text in quotes."),
    ("a = .5", 1, 5, "'.5': a decimal point has digits on both sides."),
    ("a = 1__0", 1, 5, "'1__0': an underscore in a number stands between two digits."),
    ("a = 1e", 1, 5, "'1e': digits are missing after the exponent's e."),
    ("a = 1e999", 1, 5, "'1e999' is too large for a decimal number."),
    (
      "a = 9223372036854775808", 1, 5,
      "'9223372036854775808' is too large; whole numbers go from -9223372036854775808 to "
        + "9223372036854775807."
    ),
    ("a = 0xZ", 1, 5, "'0xZ' is no number to the base 16; if it is text, put it in quotes."),
    (
      "a = 2026-02-30", 1, 5,
      "'2026-02-30' is no date or time: the days of this month go from 01 to 28."
    ),
    ("[backends\na = 1", 1, 10, "The header of 'backends' is not closed; write [backends]."),
    ("[[backends]\na = 1", 1, 11, "The header of 'backends' is not closed; write [[backends]]."),
    ("[]", 1, 2, "The header has no name; write it between the brackets."),
    ("[a b]", 1, 4, #"A key with a space in it needs quotes: "a b"."#),
    ("[ [a] ]", 1, 3, "A header has the form [name], or [[name]] for a list."),
    (
      "a = 1\nb = 2\na = 3", 3, 1,
      "'a' is set twice; it stands in line 1 already. Delete one of the two."
    ),
    ("[a]\n[b]\n[a]", 3, 2, "[a] stands in line 1 already; move these keys up there."),
    (
      "a = 1\n[a]", 2, 2,
      "'a' is a whole number since line 1, to which nothing can be added; write it all in one place, "
        + "or give this one another name."
    ),
    (
      "[[a]]\n[a]", 2, 2,
      "'a' is a list of tables since line 1; write [[a]] to add one, or give this table another name."
    ),
    (
      "[a]\n[[a]]", 2, 3,
      "'a' is one table since line 1, no list of tables; write [[a]] at each place, or give this "
        + "list another name."
    ),
    ("[a.b]\n[a]\nb = 1", 3, 1, "'b' is a table since line 1; give this key another name."),
    (
      "[a.b]\n[a]\nb.c = 1", 3, 1,
      "'b' has its header in line 1 already; write this key under that header."
    ),
    (
      "a.b = 1\n[a]", 2, 2,
      "'a' is made by a dotted key in line 1 already; write all its keys in one place."
    ),
    ("a = [1, 2\nb = 3", 1, 5, "This list has no end; close it with ']'."),
    ("a = [\n  1,\n[b]\nc = 1", 1, 5, "This list has no end; close it with ']'."),
    ("a = { b = 1\nc = 2", 1, 5, "This inline table has no end; close it with '}'."),
    (
      "a = {\n  b = 1,\n  c = 2,\n}\nd = 1", 1, 6,
      "An inline table { … } stands on one line; join the lines, or use a [header]."
    ),
    ("a = { b = 1, }", 1, 12, "An inline table has no comma before '}'; delete it."),
    (
      "a = [1 2 3]", 1, 8,
      "A comma is missing here between two parts of the list, or the ']' that closes it."
    ),
    (
      "a = [1,,2]", 1, 8,
      "There is nothing before this comma; delete it, or write what is missing."
    ),
    (
      "a = 1\rb = 2\r", 1, 6,
      "A carriage return stands here without a line feed; save the file with the line ends of Unix "
        + "(LF) or Windows (CRLF)."
    ),
    (
      "a = \"x\u{1}y\"", 1, 7,
      #"The control character U+0001 is not allowed; write \u0001 or delete it."#
    ),
    ("# \u{0}", 1, 3, "The control character U+0000 is not allowed; delete it."),
  ]

  @Test func saysWhatIsWrongAndHowToMendIt() {
    for (text, line, column, message) in Self.mistakes {
      let faults = TOMLDocument.parse(Array(text.utf8)).faults
      #expect(faults.map(\.message) == [message], "\(text)")
      #expect(faults.first?.place.line == line, "\(text)")
      #expect(faults.first?.place.column == column, "\(text)")
    }
  }

  @Test func saysWhatIsNoUTF8() {
    let latin: [UInt8] = Array("# gr".utf8) + [0xFC] + Array("n\nb = 1".utf8)
    let document = TOMLDocument.parse(latin)
    #expect(
      document.faults.map(\.message) == ["The byte 0xFC is not UTF-8; save the file as UTF-8."])
    #expect(document.faults.first?.place == TOMLPlace(line: 1, column: 5, bytes: 4..<5))
    #expect(document.root["b"] != nil)
    let wide: [UInt8] = [0xFF, 0xFE] + "a = 1".utf8.flatMap { [$0, 0] }
    let message = "The file is in UTF-16; save it as UTF-8."
    #expect(TOMLDocument.parse(wide).faults.map(\.message) == [message])
  }

  @Test func tellsAllMistakesAndReadsTheRest() {
    let text = """
      good = 1
      type = ollama
      [gateway
      port = 08080
      host = "0.0.0.0"
      list = [ollama, "b", vllm]
      [[backends]]
      name = "a
      url = "u"
      [gateway]
      twice = 1
      [last]
      fine = [
        1,
        tru,
        3
      ]
      open = [1, 2
      end = '''
      [after]
      a = 1
      """
    let document = TOMLDocument.parse(Array(text.utf8))
    let lines = document.faults.map(\.place.line)
    #expect(lines == [2, 3, 4, 6, 6, 8, 10, 15, 18, 19])
    let root = document.root
    #expect(root.entries.map(\.key) == ["good", "gateway", "backends", "last", "after"])
    guard case .table(let gateway) = root["gateway"]?.node.value,
      case .table(let last) = root["last"]?.node.value,
      case .array(let fine) = last["fine"]?.node.value
    else {
      Issue.record("not what stands there")
      return
    }
    #expect(gateway.entries.map(\.key) == ["host", "list"])
    #expect(last.entries.map(\.key) == ["fine"])
    #expect(fine.count == 2)
  }

  @Test func stopsAfterFiftyFaults() {
    let text = String(repeating: "x\n", count: 200)
    let faults = TOMLDocument.parse(Array(text.utf8)).faults
    #expect(faults.count == TOMLDocument.faultLimit)
    #expect(faults.last?.place.line == TOMLDocument.faultLimit)
  }
}
