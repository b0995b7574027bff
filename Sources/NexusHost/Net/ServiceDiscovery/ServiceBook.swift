/// What the listener has been told of the network, so that it hears of changes only.
struct ServiceBook {
  private var told: [ServiceInstance: ResolvedService] = [:]

  /// An announcement says this; nil when that is known.
  mutating func found(_ service: ResolvedService) -> ServiceEvent? {
    guard told[service.instance] != service else { return nil }
    told[service.instance] = service
    return .found(service)
  }

  /// An announcement has gone; nil when it was never told.
  mutating func lost(_ instance: ServiceInstance) -> ServiceEvent? {
    told.removeValue(forKey: instance) == nil ? nil : .lost(instance)
  }

  /// What is known of a type.
  func instances(of type: String) -> Set<ServiceInstance> {
    Set(told.keys.filter { $0.type == type })
  }
}
