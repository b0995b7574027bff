import Foundation

/// Two machines: network namespaces with a cable between them.
final class TwoMachines {
  /// The names of the namespaces.
  let attic: String
  let cellar: String
  static let interface = "lan0"
  static let atticAddress = "10.213.7.1"

  /// Nil where it is impossible, which is printed.
  init?() throws {
    let number = UUID().uuidString.prefix(8)
    attic = "nexus-attic-\(number)"
    cellar = "nexus-cellar-\(number)"
    let steps = [
      "ip netns add \(attic)", "ip netns add \(cellar)",
      "ip link add \(Self.interface) netns \(attic) type veth peer name \(Self.interface)"
        + " netns \(cellar)",
      "ip -n \(attic) addr add \(Self.atticAddress)/24 dev \(Self.interface)",
      "ip -n \(cellar) addr add 10.213.7.2/24 dev \(Self.interface)",
    ]
    let links = [attic, cellar].flatMap { name in
      ["lo", Self.interface].map { "ip -n \(name) link set \($0) up" }
    }
    for step in steps + links {
      let run = try Self.run(step)
      guard run.status == 0 else {
        print("skipped: no networks of their own here: \(step): \(run.errors)")
        end()
        return nil
      }
    }
  }

  deinit { end() }

  private func end() {
    for name in [attic, cellar] { _ = try? Self.run("ip netns del \(name)") }
  }

  /// Takes the machine in the cellar off the network.
  func unplug() throws {
    let run = try Self.run("ip -n \(cellar) link set \(Self.interface) down")
    guard run.status == 0 else { throw CaseFailure(run.errors) }
  }

  private static func run(_ command: String) throws -> ProgramRun {
    try ProgramRun("/usr/bin/env", arguments: command.components(separatedBy: " "))
  }
}
