import Config
import Text

/// Why an administrator's request was not carried out.
public struct AdminError: Error, Sendable {
  /// The status of the answer.
  public var status: Int
  /// Machine-readable reason, e.g. "backend_not_found".
  public var code: String
  /// What is wrong and how to mend it.
  public var message: String
  /// For a configuration that was refused: each of its faults, as people read it.
  public var faults: [String] = []
  /// Methods that the path knows, for a 405.
  var allow = ""
  /// Whether the connection cannot go on, since the request was not read to its end.
  var closesConnection = false

  public init(_ status: Int, _ code: String, _ message: String) {
    self.status = status
    self.code = code
    self.message = message
  }

  /// 400: the request says something that cannot be.
  public static func bad(_ message: String) -> AdminError {
    AdminError(400, "bad_request", message)
  }

  /// 400: what is wrong with the request's JSON.
  init(_ fault: JSONMemberFault) { self = .bad(fault.description) }

  /// The body of the answer.
  var json: [UInt8] {
    JSONText.object { text in
      text.object("error") {
        $0.member("code", code)
        $0.member("message", message)
      }
      if !faults.isEmpty {
        text.array("faults") { for fault in faults { $0.value(fault) } }
      }
    }
  }

  /// What a request that could not be read means.
  init(_ error: APIError) {
    self.init(error.status, error.code, error.message)
    closesConnection = error.closesConnection
  }
}
