import Console
import Text

/// An entry of the history, as a gateway would send it.
struct Entry {
  var worker = 0
  var number: Int64 = 1
  var time: Int64 = 1_795_548_911
  var model: String? = "llama3:8b"
  var requested: String?
  var backend: String? = "attic"
  var status = 200
  var error: String?
  var duration = 1_240.0
  var attempts = ["attic"]
  var cost: Double?
  var isFallback = false

  var id: String { "\(String(number + 0x1_0000, radix: 16))-\(worker)" }

  var json: [UInt8] {
    JSONText.object { text in
      text.member("id", id)
      text.member("number", number)
      text.member("timestamp", time)
      text.member("model", model)
      text.member("requested_model", requested ?? model)
      text.member("backend", backend)
      text.member("status", (200..<400).contains(status) ? "Success" : "Error")
      text.member("status_code", status)
      text.member("error_message", error)
      text.member("duration_ms", Int64(duration))
      text.object("timings") {
        $0.member("first_token_ms", duration / 4)
        $0.member("last_token_ms", duration)
      }
      text.array("attempts") { list in
        for name in attempts {
          list.object {
            $0.member("backend", name)
            $0.member("backend_id", "id-\(name)")
          }
        }
      }
      text.object("tokens") {
        $0.member("prompt", 12)
        $0.member("completion", 345)
      }
      text.member("cost_usd", cost)
      text.member("stream", true)
      text.member("fallback", isFallback)
    }
  }

  var item: HistoryItem? { JSONDocument(json).flatMap { HistoryItem($0.row) } }
}
