/// The file operations that a journal needs, within one directory. Tests put a failing disk there.
///
/// Names are those of files in the directory; descriptors belong to whoever opened them.
protocol StateDisk: Sendable {
  /// What people call the directory.
  var path: String { get }

  /// Makes sure that the directory is this process's alone. False if there is none, which `create`
  /// changes. Does nothing when that was done.
  func attach(create: Bool) throws(StateError) -> Bool

  /// Lets other processes have the directory.
  func detach()

  /// The bytes of a file, at most `limit`, and how many there are; nil if there is no such file.
  func read(_ name: String, limit: Int) throws(StateError) -> StateFile?

  /// Opens a file to append to it; a new one must not exist.
  func open(_ name: String, new: Bool) throws(StateError) -> CInt

  /// Writes some of the bytes, and tells how many.
  func write(_ file: CInt, _ bytes: ArraySlice<UInt8>) throws(StateError) -> Int

  /// Waits until what was written is on the disk.
  func sync(_ file: CInt) throws(StateError)

  func truncate(_ file: CInt, to size: Int) throws(StateError)

  func close(_ file: CInt)

  /// Renames a file; replaces one of the new name.
  func rename(_ name: String, to other: String) throws(StateError)

  /// Gives a file a second name.
  func link(_ name: String, as other: String) throws(StateError)

  /// Removes a file if there is one.
  func remove(_ name: String) throws(StateError)

  func names() throws(StateError) -> [String]

  /// Waits until the names are on the disk.
  func syncNames() throws(StateError)
}

/// What lies under a name.
enum StateFile {
  case regular([UInt8], size: Int)
  /// A directory, link, pipe or the like.
  case other
}
