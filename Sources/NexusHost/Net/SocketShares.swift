/// Which worker takes connections from which listening socket.
public enum SocketShares {
  /// For each worker the places of its sockets in `addresses`, the sockets' addresses. The kernel
  /// spreads new connections over the sockets of one address (SO_REUSEPORT), so every socket needs a
  /// worker; and every worker is to have its share of each address.
  public static func assign(_ addresses: [String], to workers: Int) -> [[Int]] {
    var shares = [[Int]](repeating: [], count: workers)
    guard workers > 0 else { return shares }
    var groups: [[Int]] = []
    for (place, address) in addresses.enumerated() {
      if let group = groups.firstIndex(where: { addresses[$0[0]] == address }) {
        groups[group].append(place)
      } else {
        groups.append([place])
      }
    }
    for group in groups {
      for turn in 0..<max(group.count, workers) {
        shares[turn % workers].append(group[turn % group.count])
      }
    }
    return shares
  }
}
