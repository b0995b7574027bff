import Foundation

/// A program that is given words on standard input and repeats each when it has been followed. It
/// ends with its input.
final class OrderedProcess {
  private let child: ChildProcess
  private let input = Pipe()
  private var repeated: [String: Int] = [:]

  init(
    _ path: String, _ arguments: [String], environment: [String: String] = [:]
  ) throws(CaseFailure) {
    child = try ChildProcess(
      path, arguments: arguments, environment: environment,
      input: input.fileHandleForReading.fileDescriptor)
  }

  deinit { _ = end() }

  var errors: String { child.log }

  /// Gives an order, and waits until it has been followed.
  func order(_ word: String) throws(CaseFailure) {
    input.fileHandleForWriting.write(Data("\(word)\n".utf8))
    try wait(word)
  }

  /// Waits until it has said the word once more.
  func wait(_ word: String) throws(CaseFailure) {
    let times = repeated[word, default: 0] + 1
    let isSaid = ProcessFigures.wait(seconds: 20) {
      child.lines.count { $0 == word } >= times || !child.isRunning
    }
    guard isSaid, child.lines.count(where: { $0 == word }) >= times else {
      throw CaseFailure("'\(word)' was not said but \(child.lines); \(child.log)")
    }
    repeated[word] = times
  }

  /// Closes its input and waits for its end: its exit status.
  func end() -> Int32 {
    try? input.fileHandleForWriting.close()
    return (try? child.waitForExit()) ?? -1
  }
}
