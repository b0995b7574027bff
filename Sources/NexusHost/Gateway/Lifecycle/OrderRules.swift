import HTTP
import Net
import Text

/// Who may change over the public address which models are in memory. Nobody proves there who he is,
/// so that counts where a request comes from.
enum OrderRules {
  /// What is known of where a request comes from.
  struct Sender {
    /// Whether the other end of the connection is on this machine.
    var isLocal: Bool
    /// Whether other machines may do this (`lifecycle.remote`).
    var acceptsRemote: Bool
  }

  /// Refuses other machines, and pages in browsers that are not the gateway's own.
  static func check(_ head: RequestHead, _ bytes: Span<UInt8>, _ sender: Sender) throws(APIError) {
    if !sender.acceptsRemote {
      guard sender.isLocal else { throw .onlyLocal("this request comes from another machine") }
      // A proxy on this machine speaks for somebody else.
      for name in ["x-forwarded-for", "forwarded"] as [StaticString]
      where head.value(name, in: bytes) != nil {
        throw .onlyLocal("this request came through a proxy, as its header '\(name)' says")
      }
    }
    guard let origin = head.value("origin", in: bytes) else { return }
    let host = (head.authority ?? head.value("host", in: bytes)).map { text(bytes, $0) } ?? ""
    let page = text(bytes, origin)
    // A name that a page brings along may be made to point here (DNS rebinding); an address and
    // localhost cannot.
    guard page.hasSuffix("://\(host)"), sender.acceptsRemote || isPlain(host) else {
      throw .refused(
        403, code: "foreign_origin",
        "A page of '\(page.prefix(100))' may not load or unload models here.")
    }
  }

  /// Whether the connection's other end is on this machine.
  static func isLocal(_ descriptor: Int32) -> Bool {
    (try? SocketAddress.peer(of: descriptor))?.isLoopback ?? false
  }

  /// Whether a Host field holds an address in digits, or localhost.
  private static func isPlain(_ host: String) -> Bool {
    if host.hasPrefix("[") { return true }
    let name = host.prefix { $0 != ":" }
    return name == "localhost" || name.utf8.allSatisfy { $0 == 46 || (48...57).contains($0) }
  }

  private static func text(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
    var out: [UInt8] = []
    out.append(bytes, range)
    return String(decoding: out, as: UTF8.self).lowercased()
  }
}

extension APIError {
  /// 403: only this machine may do that.
  fileprivate static func onlyLocal(_ why: String) -> APIError {
    .refused(
      403, code: "admin_only_local",
      "Models are loaded and unloaded from the gateway's own machine only, and \(why). Use 'nexus"
        + " models' there, or set lifecycle.remote = true to let everybody do it who reaches the"
        + " gateway.")
  }
}
