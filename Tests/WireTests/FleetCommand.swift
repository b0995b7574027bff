import Seeded

/// A change of the fleet over the control socket, and what it should lead to.
enum FleetCommand {
  case add(Int)
  case remove(Int)
  case drain(Int)
  case undrain(Int)

  /// What commands have made of the fleet: for each backend that was added, whether it is drained.
  typealias Fleet = [Int: Bool]

  /// One that can be done with the fleet as it is.
  init(on fleet: Fleet, _ random: inout SeededRandom) {
    let backend = 1 + random.below(5)
    guard let isDraining = fleet[backend] else {
      self = .add(backend)
      return
    }
    self = random.isOne(in: 3) ? .remove(backend) : isDraining ? .undrain(backend) : .drain(backend)
  }

  func apply(to fleet: inout Fleet) {
    switch self {
    case .add(let backend): fleet[backend] = false
    case .remove(let backend): fleet[backend] = nil
    case .drain(let backend): fleet[backend] = true
    case .undrain(let backend): fleet[backend] = false
    }
  }

  /// The status of the answer when it is done.
  var success: Int {
    if case .add = self { return 201 }
    return 200
  }

  /// `urls` are those of the backends, from the first on.
  func request(_ urls: [String]) -> [UInt8] {
    switch self {
    case .add(let backend):
      let url = urls[backend - 1]
      return LoadClient.post(
        "/backends", #"{"url":"\#(url)","name":"b\#(backend)","type":"llamacpp"}"#)
    case .remove(let backend):
      return Array("DELETE /backends/b\(backend) HTTP/1.1\r\nHost: nexus\r\n\r\n".utf8)
    case .drain(let backend): return LoadClient.post("/backends/b\(backend)/drain", "")
    case .undrain(let backend): return LoadClient.post("/backends/b\(backend)/undrain", "")
    }
  }

  /// What a gateway says that commands have made of its fleet.
  static func fleet(of gateway: GatewayProcess, _ urls: [String]) throws -> Fleet {
    var fleet: Fleet = [:]
    for backend in try gateway.control("GET", "/backends").list("backends") {
      guard let name = backend["name"] as? String, let number = Int(name.dropFirst()),
        urls.indices.contains(number - 1), backend["url"] as? String == urls[number - 1]
      else { throw CaseFailure("a backend that nobody added: \(backend)") }
      fleet[number] = backend["status"] as? String == "draining"
    }
    return fleet
  }
}
