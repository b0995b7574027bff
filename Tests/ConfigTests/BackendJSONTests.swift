import Config
import HTTP
import Testing

@Suite struct BackendJSONTests {
  private func read(_ text: String) throws(JSONMemberFault) -> Settings.Backend {
    try BackendJSON.read(Array(text.utf8))
  }

  private func fault(_ text: String) -> String? {
    do throws(JSONMemberFault) {
      _ = try read(text)
      return nil
    } catch {
      return error.description
    }
  }

  @Test func theAddressIsEnough() throws {
    let backend = try read(#"{"url":"http://10.0.0.7:11434/v1/"}"#)
    let endpoint = Endpoint(scheme: .http, host: "10.0.0.7", port: 11_434)
    #expect(backend == Settings.Backend(name: "10.0.0.7:11434", endpoint: endpoint))
  }

  /// Every key of the table is written and read again.
  @Test func allKeysComeBack() throws {
    let text = """
      {"name":"a \\"b\\"","url":"https://h:1/base","type":"vllm","priority":-3,
       "api_key_env":"KEY","api_key_file":"/k","zone":"internal","tier":4,"max_concurrent":9,
       "cancel":"drain","cancel_drain_seconds":5,
       "memory_gb":24,"keep_warm":["m1"],"never_load":["*:70b"],
       "models":["m1","m2"],"headers":{"x-team":"lab"},"ca_file":"/ca.pem"}
      """
    let backend = try read(text)
    #expect(backend.name == "a \"b\"")
    #expect(backend.endpoint.caFile == "/ca.pem")
    #expect(backend.headers == [Settings.Header(name: "x-team", value: "lab")])
    #expect(try BackendJSON.read(BackendJSON.json(backend)) == backend)
    let written = String(decoding: BackendJSON.json(backend), as: UTF8.self)
    for key in SettingsTable.keys where key.section == "backends[]" {
      #expect(text.contains("\"\(key.name)\":"), "\(key.name) is not tried here")
      #expect(written.contains("\"\(key.name)\":"), "\(key.name)")
    }
  }

  @Test func nullIsAsGoodAsAbsent() throws {
    #expect(try read(#"{"url":"http://h:1","tier":null}"#) == read(#"{"url":"http://h:1"}"#))
    #expect(fault(#"{"url":null}"#)?.contains("'url' is missing") == true)
  }

  @Test(arguments: [
    ("", "not valid JSON"), ("7", "not a JSON object"), ("{}", "'url' is missing"),
    (#"{"url":"http://h:1","url":"http://h:2"}"#, "twice"),
    (#"{"url":"http://h:1","teir":1}"#, "Did you mean 'tier'?"),
    (#"{"url":"http://h:1","tier":"1"}"#, "'tier': give a whole number from 1 to 5."),
    (#"{"url":"http://h:1","tier":1e400}"#, "'tier'"),
    (#"{"url":"http://h:1","name":""}"#, "'name': this is empty"),
    (#"{"url":"http://h:1","models":[1]}"#, "a list of strings"),
    (#"{"url":"http://h:1","models":"m"}"#, "a list of strings"),
    (#"{"url":"http://h:1","headers":["x"]}"#, "a table of strings"),
    (#"{"url":"http://h:1","zone":true}"#, "'zone': give open"),
  ]) func mistakesAreExplained(text: String, words: String) {
    #expect(fault(text)?.contains(words) == true, "\(fault(text) ?? "none")")
  }
}
