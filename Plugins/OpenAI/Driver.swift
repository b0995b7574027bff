import NexusPluginABI

@c(nexus_driver_entry)
public func entry(_ major: UInt32) -> UnsafePointer<nexus_driver>? { nil }
