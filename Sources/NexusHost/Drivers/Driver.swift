import Net
import NexusPluginABI

/// A loaded driver: its description and the three functions behind it.
///
/// The table that a driver hands out is static and immutable, and its functions may be called on any
/// thread; conversations with it are held by `Exchange`.
// Unchecked only because C function pointers do not say that they may cross threads; the ABI does.
public final class Driver: @unchecked Sendable {
  typealias Begin =
    @convention(c) (
      UnsafePointer<nexus_operation>?, UnsafeMutablePointer<nexus_sink>?,
      UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    ) -> UInt32
  typealias Resume =
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafePointer<nexus_reply>?, UnsafeMutablePointer<nexus_sink>?
    ) -> UInt32
  typealias End = @convention(c) (UnsafeMutableRawPointer?) -> Void
  typealias Extension = @convention(c) (nexus_slice) -> UnsafeRawPointer?

  /// What it is and can do.
  public let descriptor: DriverDescriptor

  let beginFunction: Begin
  let resumeFunction: Resume
  let endFunction: End
  private let extensionFunction: Extension?
  /// The file that it was loaded from; nil if it is built in.
  let file: FileIdentity?
  // Keeps the library mapped as long as somebody may call into it.
  private let library: DriverLibrary?

  /// Checks the table at `table`, which must stay valid and unchanged as long as the driver lives.
  public convenience init(table: UnsafePointer<nexus_driver>) throws(DriverTableError) {
    try self.init(table: table, library: nil, path: "", sha256: "", file: nil)
  }

  init(
    table: UnsafePointer<nexus_driver>, library: DriverLibrary?, path: String, sha256: String,
    file: FileIdentity?
  ) throws(DriverTableError) {
    let copy = try DriverDescriptor.copyTable(table)
    var descriptor = try DriverDescriptor(checking: copy)
    descriptor.path = path
    descriptor.sha256 = sha256
    guard let begin = copy.begin, let resume = copy.resume, let end = copy.end else {
      throw DriverTableError("begin, resume or end is missing")
    }
    self.descriptor = descriptor
    self.library = library
    self.file = file
    beginFunction = begin
    resumeFunction = resume
    endFunction = end
    extensionFunction = copy.`extension`
  }

  /// Whether the driver declares that operation.
  public func supports(_ kind: OperationKind) -> Bool { descriptor.operations.contains(kind) }

  /// Whether the driver offers the optional ability of that name.
  public func offers(extension name: String) -> Bool {
    guard let extensionFunction else { return false }
    let bytes = Array(name.utf8)
    return bytes.withUnsafeBufferPointer { buffer in
      extensionFunction(nexus_slice(data: buffer.baseAddress, size: UInt64(buffer.count))) != nil
    }
  }
}
