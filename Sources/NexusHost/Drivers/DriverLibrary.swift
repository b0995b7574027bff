import CLinux

/// A shared library mapped into this process; unmapped when the last driver of it is released.
// Unchecked only because of the handle, which is set once and used again only by deinit.
public final class DriverLibrary: @unchecked Sendable {
  private let handle: UnsafeMutableRawPointer
  // Kept open: the loader knows a library by its path, and a number used again would be the same
  // path for another file.
  private let copy: CInt

  /// Takes over an open library and the descriptor of the private copy that it was loaded from.
  init(handle: UnsafeMutableRawPointer, copy: CInt) {
    self.handle = handle
    self.copy = copy
  }

  deinit {
    dlclose(handle)
    close(copy)
  }

  /// The address of an exported symbol, or nil.
  public func symbol(_ name: String) -> UnsafeMutableRawPointer? { dlsym(handle, name) }
}
