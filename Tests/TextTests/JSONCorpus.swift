/// JSON texts for the tests.
enum JSONCorpus {
  static let good: [String] = [
    "{}", "[]", "null", "true", "false", "0", "-0", "1", "-1", "12345678901234567890", "\"\"",
    " {} ", "\t[\r\n]\n", "0.5", "-0.5", "1e5", "1E+5", "1e-5", "1.25e10", "0e0", "10.00E00",
    #""a""#, #""\" \\ \/ \b \f \n \r \t""#, #""\u0041\u00e9\u20AC""#, #""\ud83d\ude00""#,
    #""\ud800""#, #""\udc00\ud800""#, #""\u0000""#, "\"\u{7F}\"", "\"\u{80}\u{7FF}\u{800}\"",
    "\"\u{FFFF}\u{10000}\u{10FFFF}\u{D7FF}\u{E000}\"", "\"天地玄黄 größer ñ 😀\"",
    "[1,2,3]", "[ 1 , 2 ]", "[[],[[]],{}]", #"{"a":1}"#, #"{"a":1,"a":2}"#, #"{"":{}}"#,
    #"{ "a" : [ { "b" : null } , true , "x" ] , "c" : -1.5e-3 }"#,
    #"{"a\"b":"c\\","d":"\\\\\""}"#,
    #"{"model":"llama3","messages":[{"role":"user","content":"Say \"model\": hi"}],"stream":true}"#,
    "\"" + String(repeating: "x", count: 200) + "\"",
    "\"" + String(repeating: "é", count: 33) + String(repeating: "y", count: 70) + "\\n\"",
    String(repeating: "[", count: 128) + String(repeating: "]", count: 128),
    String(repeating: "{\"a\":", count: 127) + "[]" + String(repeating: "}", count: 127),
  ]

  static let bad: [(text: String, offset: Int)] = [
    ("", 0), (" ", 1), ("{", 1), ("[", 1), ("}", 0), ("]", 0), ("nul", 3), ("nulx", 3),
    ("True", 0), ("tRue", 1), ("falsy", 4), ("nulll", 4), ("01", 1), ("-", 1), ("-a", 1),
    ("+1", 0), (".5", 0), ("1.", 2), ("1.e5", 2), ("1e", 2), ("1e+", 3), ("1ex", 2), ("0x10", 1),
    ("NaN", 0), ("Infinity", 0), ("-Infinity", 1), ("1 2", 2), ("[1,]", 3), ("[,1]", 1),
    ("[1 2]", 3), ("[1,,2]", 3), ("[1}", 2), ("{1:2}", 1), ("{a:1}", 1), ("{'a':1}", 1),
    (#"{"a"}"#, 4), (#"{"a" 1}"#, 5), (#"{"a":}"#, 5), (#"{"a":1,}"#, 7), (#"{"a":1 "b":2}"#, 7),
    (#"{"a":1]"#, 6), (#"{,"a":1}"#, 1), (#"{"a":1}}"#, 7), ("{}[]", 2), ("[]x", 2),
    ("\"a", 2), ("\"a\\", 3), (#""\x""#, 2), (#""\u12G4""#, 5), (#""\u12""#, 5), (#""\u""#, 3),
    (#""\ ""#, 2), (#""\'""#, 2), ("\"a\nb\"", 2), ("\"\t\"", 1), ("\"\u{0}\"", 1),
    ("\"\u{1F}\"", 1), ("\u{FEFF}{}", 0), ("{}\u{0}", 2), ("\u{B}{}", 0), ("[1]\u{A0}", 3),
    ("/* c */ {}", 0), ("{} // c", 3), ("\"" + String(repeating: "x", count: 100) + "\n\"", 101),
    (String(repeating: "[", count: 129) + String(repeating: "]", count: 129), 128),
    (String(repeating: "{\"a\":", count: 128) + "[]" + String(repeating: "}", count: 128), 640),
  ]

  /// Strings whose bytes are not UTF-8, with the offset of the first bad sequence.
  static let badUTF8: [(bytes: [UInt8], offset: Int)] = [
    ([0x22, 0x80, 0x22], 1), ([0x22, 0xBF, 0x22], 1), ([0x22, 0xC0, 0x80, 0x22], 1),
    ([0x22, 0xC1, 0xBF, 0x22], 1), ([0x22, 0xC3, 0x22], 1), ([0x22, 0xC3, 0xC3, 0x22], 1),
    ([0x22, 0xE0, 0x9F, 0xBF, 0x22], 1), ([0x22, 0xE2, 0x82, 0x22], 1),
    ([0x22, 0xED, 0xA0, 0x80, 0x22], 1), ([0x22, 0xED, 0xBF, 0xBF, 0x22], 1),
    ([0x22, 0xF0, 0x8F, 0xBF, 0xBF, 0x22], 1), ([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], 1),
    ([0x22, 0xF5, 0x80, 0x80, 0x80, 0x22], 1), ([0x22, 0xFF, 0x22], 1),
    ([0x22, 0x61, 0xC3, 0xA9, 0xE2, 0x82, 0xAC, 0x80, 0x22], 7),
    ([0x22, 0xF0, 0x9F, 0x98, 0x22], 1),
  ]
}
