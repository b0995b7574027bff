import Testing
import Text

struct SecretScrubTests {
  @Test(arguments: [
    ("GET /v1?key=AIzaSy123&x=1", "GET /v1?key=***&x=1"),
    ("api_key=abc, then", "api_key=***, then"),
    ("{\"api_key\": \"abc\"}", "{\"api_key\": \"***\"}"),
    ("x-api-key: abc def", "x-api-key: *** def"),
    ("X-API-KEY:abc", "X-API-KEY:***"),
    ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
    ("authorization=Basic QWxh", "authorization=Basic ***"),
    ("\"Authorization\": \"Bearer abc\"", "\"Authorization\": \"Bearer ***\""),
    ("with Bearer abcdefghij only", "with Bearer *** only"),
    ("Incorrect API key provided: sk-proj-12345678. You", "Incorrect API key provided: *** You"),
    ("invalid api key: abc", "invalid api key: ***"),
    ("sk-12345678", "***"), ("(SK-12345678)", "(***)"), ("sk-12345678 sk-abcdefgh", "*** ***"),
    ("key=", "key="), ("key= ", "key= "),
  ]) func secretsAreTakenOut(text: String, clean: String) {
    #expect(SecretScrub.clean(text) == clean)
    let isSuspicious = SecretScrub.isSuspicious(Array(text.utf8).span)
    #expect(isSuspicious)
  }

  @Test(arguments: [
    "", "the key: value pair", "a keyboard=x", "task-12345678", "sk-x", "bearer of news",
    "a duplicate key at byte 3", "Ünïcödé stays as it is", "monkey: banana",
  ]) func otherWordsStay(text: String) {
    #expect(SecretScrub.clean(text) == text)
  }

  @Test(arguments: ["llama3.2:1b", "qwen/qwen3-30b-a3b@q4_k_m", "mistral small", ""])
  func namesOfModelsAreNotSuspicious(name: String) {
    let isSuspicious = SecretScrub.isSuspicious(Array(name.utf8).span)
    #expect(!isSuspicious)
  }

  @Test func aKnownSecretIsFoundAnywhere() {
    let known = Array("hunter2hunter2".utf8)
    #expect(SecretScrub.clean("got xhunter2hunter2y", known: known) == "got x***y")
    #expect(SecretScrub.clean("short", known: Array("ort".utf8)) == "short")
  }
}
