/// What to connect to.
public struct DialTarget: Sendable {
  /// URL with scheme, host and port; path and credentials are not needed.
  public let url: String
  /// Whether to speak TLS (and to obey the proxy settings of the environment).
  public let isSecure: Bool
  /// PEM file of certificate authorities to trust instead of the system's.
  public let caFile: String?

  public init(url: String, isSecure: Bool, caFile: String?) {
    self.url = url
    self.isSecure = isSecure
    self.caFile = caFile
  }
}
