/// The closed vocabulary of failures, with the values of the ABI and what each means for routing.
public enum FailureCode: UInt32, Sendable {
  /// The client's fault: never tried elsewhere.
  case badRequest = 1
  /// This server cannot do it: another may.
  case unsupported
  /// No such model here.
  case modelAbsent
  /// The model is on its way (detail: milliseconds left).
  case modelLoading
  /// Full (detail: milliseconds to wait).
  case overloaded
  /// A quota per time is used up (detail: milliseconds to wait).
  case rateLimited
  /// The key is refused or the account is empty.
  case credentialDead
  /// The prompt is too long (detail: limit in tokens).
  case contextOverflow
  /// Refused for its content.
  case contentBlocked
  /// The server failed or spoke garbage.
  case upstreamBroken
  /// The driver contradicts itself.
  case driverBug
}

/// Why an operation fails.
public struct Failure {
  public let code: FailureCode
  /// A sentence for people, UTF-8, without secrets.
  public let message: [UInt8]
  /// What the code defines: milliseconds or tokens; 0 if unknown.
  public let detail: UInt64

  public init(_ code: FailureCode, _ message: [UInt8], detail: UInt64 = 0) {
    self.code = code
    self.message = ByteText.line(message, limit: 480)
    self.detail = detail
  }

  public init(_ code: FailureCode, _ message: StaticString, detail: UInt64 = 0) {
    self.init(code, ByteText.bytes(message), detail: detail)
  }

  /// The connection gave no complete answer.
  public init(_ cause: Cause) {
    self.init(.upstreamBroken, ByteText.bytes("the server ") + ByteText.bytes(cause.phrase))
  }
}
