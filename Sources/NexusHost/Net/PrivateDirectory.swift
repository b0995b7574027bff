import CLinux
import Glibc

/// A directory for a socket that only its owner may touch.
enum PrivateDirectory {
  /// Makes the directory with mode 0700 if there is none; its parent must exist. One that exists
  /// must be owned by this user or root, and nobody else may write to it: who can rename files there
  /// can put a socket of their own in the place of ours.
  static func prepare(_ path: String) throws(LocalSocketError) {
    if mkdir(path, 0o700) == 0 {
      // The process's mask may have taken rights away.
      guard chmod(path, 0o700) == 0 else {
        throw .system(doing: "set the mode of \(path)", errno: errno)
      }
      return
    }
    guard errno == EEXIST else {
      throw .system(doing: "make the directory \(path)", errno: errno)
    }
    try check(path)
  }

  private static func check(_ path: String) throws(LocalSocketError) {
    var found = stat()
    // A link in /tmp may be anybody's, so the link is looked at as well as what it leads to.
    guard lstat(path, &found) == 0 else {
      throw .system(doing: "look at \(path)", errno: errno)
    }
    try checkOwner(found, path)
    if found.st_mode & S_IFMT == S_IFLNK {
      guard stat(path, &found) == 0 else {
        throw .system(doing: "look at \(path)", errno: errno)
      }
      try checkOwner(found, path)
    }
    guard found.st_mode & S_IFMT == S_IFDIR else {
      throw .unsafe(directory: path, why: "is no directory")
    }
    guard found.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
      throw .unsafe(
        directory: path,
        why: "may be written by others; take those rights away (chmod go-w) or choose another")
    }
  }

  private static func checkOwner(_ found: stat, _ path: String) throws(LocalSocketError) {
    guard found.st_uid == 0 || found.st_uid == geteuid() else {
      throw .unsafe(
        directory: path, why: "belongs to user \(found.st_uid), not to this one; choose another")
    }
  }
}
