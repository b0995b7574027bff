/// Bounds of what a driver may put into the sink; beyond them it has a bug.
///
/// They stand in docs/PLUGIN_ABI.md and are far above what a sound driver needs: their purpose is
/// that a faulty one cannot exhaust the host.
public enum DriverLimits {
  /// Method, path and header fields of a request together, in bytes.
  public static let headBytes = 32 << 10
  /// Header fields of a request.
  public static let fieldCount = 64
  /// Bytes that the driver itself adds to the body of a request.
  public static let literalBytes = 16 << 20
  /// Whole body of a request, parts of the client's body included, in bytes.
  public static let bodyBytes = 64 << 20
  /// Pieces of which a body is put together.
  public static let bodyParts = 65_536
  /// Bytes of an answer that one call may emit.
  public static let answerBytes = 16 << 20
  /// Models that a survey may report.
  public static let modelCount = 4_096
  /// Load figures that a survey may report: one per model and one for the server.
  public static let loadCount = 4_097
  /// A message or detail for people, in bytes; longer ones are cut, not refused.
  public static let textBytes = 1_024
  /// A name: model, alias, instance, type or content type, in bytes.
  public static let nameBytes = 1_024
  /// Entries of each list of a driver table.
  public static let tableEntries = 64
}
