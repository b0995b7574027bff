import Glibc

/// How the imitated server writes the head of an answer: which fields, in which case and order.
enum HeadStyle {
  /// cpp-httplib as recorded from llama.cpp.
  case llamacpp
  /// Go's net/http with gin (Ollama).
  case go
  /// uvicorn (vLLM).
  case uvicorn
  /// hypercorn (exo).
  case hypercorn
  /// Express on Node (LM Studio).
  case express
  /// A cloud's edge (OpenAI).
  case cloud
  /// Nothing but what must be there.
  case plain

  enum Framing {
    case length(Int)
    case chunked
    case untilClose
  }

  struct Head {
    var status: Int
    var type: String?
    var extra: [(String, String)] = []
    var framing: Framing
    var keepsAlive: Bool
  }

  /// Milliseconds after which the real server closes an idle connection; nil = never.
  var idleLimit: Double? {
    switch self {
    case .llamacpp, .uvicorn, .express, .hypercorn: 5000
    case .go, .cloud, .plain: nil
    }
  }

  /// How many answers one connection gives; llama.cpp announces a hundred.
  var answersPerConnection: Int { self == .llamacpp ? 100 : Int.max }

  func bytes(_ head: Head) -> [UInt8] {
    var text = "HTTP/1.1 \(head.status) \(HeadStyle.reason(head.status))\r\n"
    for (name, value) in fields(head) { text += "\(name): \(value)\r\n" }
    return Array((text + "\r\n").utf8)
  }

  private func fields(_ head: Head) -> [(String, String)] {
    let type = head.type.map { [("Content-Type", $0)] } ?? []
    let date = [("Date", HeadStyle.httpDate())]
    let framing = framing(head.framing)
    switch self {
    case .llamacpp:
      let ours = [("Server", "llama.cpp"), ("Access-Control-Allow-Origin", "")]
      let life = head.keepsAlive ? ("Keep-Alive", "timeout=5, max=100") : ("Connection", "close")
      return ours + head.extra + type + framing + [life]
    case .go:
      return head.extra + type + date + framing + closing(head)
    case .uvicorn:
      let ours = date + [("Server", "uvicorn")]
      return lower(ours + framing + type + head.extra + closing(head))
    case .hypercorn:
      let ours = date + [("Server", "hypercorn-h11")]
      return lower(type + head.extra + framing + ours + closing(head))
    case .express:
      let life = [("Connection", "keep-alive"), ("Keep-Alive", "timeout=5")]
      return [("X-Powered-By", "Express")] + type + head.extra + date
        + (head.keepsAlive ? life : closing(head)) + framing
    case .cloud:
      let edge = [("CF-Cache-Status", "DYNAMIC"), ("Server", "cloudflare")]
      return date + type + framing + [("Connection", head.keepsAlive ? "keep-alive" : "close")]
        + head.extra + edge
    case .plain:
      return type + head.extra + framing + closing(head)
    }
  }

  private func framing(_ framing: Framing) -> [(String, String)] {
    switch framing {
    case .length(let count): [("Content-Length", String(count))]
    case .chunked: [("Transfer-Encoding", "chunked")]
    case .untilClose: []
    }
  }

  private func closing(_ head: Head) -> [(String, String)] {
    head.keepsAlive ? [] : [("Connection", "close")]
  }

  private func lower(_ fields: [(String, String)]) -> [(String, String)] {
    fields.map { ($0.0.lowercased(), $0.1) }
  }

  /// RFC 9110 §5.6.7.
  static func httpDate() -> String {
    var now = time(nil)
    var parts = tm()
    gmtime_r(&now, &parts)
    let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map(twoDigits).joined(separator: ":")
    return "\(days[Int(parts.tm_wday)]), \(twoDigits(parts.tm_mday)) "
      + "\(months[Int(parts.tm_mon)]) \(parts.tm_year + 1900) \(clock) GMT"
  }

  static func twoDigits(_ number: Int32) -> String { (number < 10 ? "0" : "") + String(number) }

  static func reason(_ status: Int) -> String {
    let reasons = [
      100: "Continue", 200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
      404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout", 409: "Conflict",
      413: "Request Entity Too Large", 422: "Unprocessable Entity", 429: "Too Many Requests",
      500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway",
      503: "Service Unavailable", 504: "Gateway Timeout",
    ]
    return reasons[status] ?? "Unknown"
  }
}
