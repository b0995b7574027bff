import Glibc

/// Where files that came with the program are.
enum SharedDirectory {
  /// `../share/NAME` beside the program, else `/usr/share/NAME`; nil if there is neither.
  static func resolve(_ name: String) -> String? {
    var places = ["/usr/share/\(name)"]
    if let program = realpath("/proc/self/exe", nil) {
      defer { free(program) }
      let folder = String(cString: program).split(separator: "/").dropLast(2)
      places.insert(folder.map { "/\($0)" }.joined() + "/share/\(name)", at: 0)
    }
    return places.first { access($0, R_OK | X_OK) == 0 }
  }
}
