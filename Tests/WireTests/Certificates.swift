import Foundation

/// A certificate authority to be thrown away, with certificates that it signed.
final class Certificates: Sendable {
  /// What a certificate is made out to.
  enum Subject: String, CaseIterable {
    /// localhost and 127.0.0.1.
    case here
    /// Another machine.
    case elsewhere
  }

  /// Whether the tools are there that make certificates and serve with them.
  static let toolsAreThere = isThere("openssl") && isThere("python3")

  private let folder: URL

  /// Makes the authority and one certificate for each subject.
  init() throws {
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("nexus-tls-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    try Self.settings.write(to: file("settings"), atomically: true, encoding: .utf8)
    try make("authority", signedBy: nil)
    for subject in Subject.allCases { try make(subject.rawValue, signedBy: "authority") }
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// The authority's own certificate, for `ca-file=`.
  var authority: String { certificate("authority") }

  /// A certificate of another authority of the same name.
  func stranger() throws -> String {
    try make("stranger", section: "authority", signedBy: nil)
    return certificate("stranger")
  }

  func certificate(_ subject: Subject) -> String { certificate(subject.rawValue) }
  func key(_ subject: Subject) -> String { file("\(subject.rawValue).key").path }

  /// Own settings, since those of the machine may be anything.
  private static let settings = """
    [req]
    distinguished_name = name
    [name]
    [authority]
    basicConstraints = critical,CA:TRUE
    keyUsage = critical,keyCertSign
    subjectKeyIdentifier = hash
    [here]
    basicConstraints = critical,CA:FALSE
    subjectAltName = DNS:localhost,IP:127.0.0.1
    [elsewhere]
    basicConstraints = critical,CA:FALSE
    subjectAltName = DNS:elsewhere.example,IP:192.0.2.1
    """

  private func file(_ name: String) -> URL { folder.appendingPathComponent(name) }
  private func certificate(_ name: String) -> String { file("\(name).pem").path }

  private func make(_ name: String, section: String? = nil, signedBy signer: String?) throws {
    var arguments = [
      "openssl", "req", "-x509", "-config", file("settings").path, "-extensions",
      section ?? name, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
      "-subj", "/CN=Nexus test \(section ?? name)", "-days", "2",
      "-keyout", file("\(name).key").path, "-out", certificate(name),
    ]
    if let signer {
      arguments += ["-CA", certificate(signer), "-CAkey", file("\(signer).key").path]
    }
    let process = try ChildProcess("/usr/bin/env", arguments: arguments)
    guard try process.waitForExit() == 0 else { throw CaseFailure("openssl: \(process.log)") }
  }

  private static func isThere(_ tool: String) -> Bool {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return path.split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(tool)")
    }
  }
}

/// What makes a TLS server of a plain one: a running `Tests/TLS/front.py`.
final class SecureFront: Sendable {
  let port: UInt16
  private let child: ChildProcess

  /// Serves with a certificate in front of a plain port.
  init(_ certificates: Certificates, _ subject: Certificates.Subject, to plain: UInt16) throws {
    let script = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("TLS/front.py").path
    child = try ChildProcess(
      "/usr/bin/env",
      arguments: [
        "python3", script, certificates.certificate(subject), certificates.key(subject), "\(plain)",
      ])
    do {
      let words = try child.line(containing: "listening").split(separator: " ")
      guard let port = words.last.flatMap({ UInt16($0) }) else {
        throw CaseFailure("no port in \(words)")
      }
      self.port = port
    } catch {
      child.kill()
      throw error
    }
  }

  /// How many connections have come so far: handshakes that were completed, those that the client
  /// ended, those that were broken off.
  var opened: Int { count("open") }
  var refused: Int { count("refused") }
  var broken: Int { count("broken") }

  /// From now on, connections are closed inside the handshake.
  func breakHandshakes() throws {
    child.signal(SIGUSR1)
    _ = try child.line(containing: "breaking")
  }

  func stop() { child.kill() }

  private func count(_ word: String) -> Int {
    child.lines.count { $0.split(separator: " ").first.map(String.init) == word }
  }
}
