/// How a backend that nobody named was found.
struct Finding {
  /// What says that it is there; none any more once all announcements were withdrawn.
  var leads: Set<Lead>
  /// How it is reached.
  var way: Way
  /// When it is forgotten, if nothing changes; in milliseconds of the monotonic clock.
  var removal: UInt64?

  var isAnnounced: Bool {
    leads.contains { if case .announced = $0 { true } else { false } }
  }
}
