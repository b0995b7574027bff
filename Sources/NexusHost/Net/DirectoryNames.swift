import Glibc

/// What is in a directory. Blocks; any thread.
public enum DirectoryNames {
  /// The names of its entries in no order, "." and ".." among them; none if it cannot be read.
  public static func list(_ directory: String) -> [String] {
    guard let stream = opendir(directory) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      names.append(
        withUnsafeBytes(of: &entry.pointee.d_name) { name in
          String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
        })
    }
    return names
  }
}
