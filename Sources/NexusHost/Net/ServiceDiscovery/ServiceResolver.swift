import CAvahi
import Glibc

/// Where one announcement points: asked once, and told again whenever it changes.
///
/// The address is of the kind over which the announcement came, so that a server with both is two
/// instances with an address each.
final class ServiceResolver {
  let instance: ServiceInstance
  private let isOwn: Bool
  private let client: OpaquePointer
  private weak var directory: ServiceDirectory?
  private var handle: OpaquePointer?

  init(
    _ instance: ServiceInstance, isOwn: Bool, client: OpaquePointer, directory: ServiceDirectory?
  ) {
    self.instance = instance
    self.isOwn = isOwn
    self.client = client
    self.directory = directory
  }

  /// Whether an answer is being waited for, or changes of it.
  var isRunning: Bool { handle != nil }

  /// Asks. False if the daemon takes no more questions.
  func start() -> Bool {
    let family = instance.isIPv6 ? AVAHI_PROTO_INET6 : AVAHI_PROTO_INET
    handle = avahi_service_resolver_new(
      client, instance.interface, AvahiProtocol(family), instance.name, instance.type,
      instance.domain, AvahiProtocol(family), AvahiLookupFlags(rawValue: 0),
      { _, interface, _, event, _, _, _, host, address, port, text, flags, context in
        guard let context else { return }
        let resolver = Unmanaged<ServiceResolver>.fromOpaque(context).takeUnretainedValue()
        guard event == AVAHI_RESOLVER_FOUND, let host, let address else { return resolver.fail() }
        resolver.tell(
          host: String(cString: host), address: ServiceResolver.text(address, interface: interface),
          port: port, text: ServiceText.pairs(TextStrings(text)),
          isOwn: flags.rawValue & AVAHI_LOOKUP_RESULT_OUR_OWN.rawValue != 0)
      }, Unmanaged.passUnretained(self).toOpaque())
    return isRunning
  }

  /// Ends the telling.
  func stop() {
    guard let handle else { return }
    self.handle = nil
    avahi_service_resolver_free(handle)
  }

  private func fail() {
    stop()
    directory?.mendLater()
  }

  private func tell(
    host: String, address: String, port: UInt16, text: [String: String], isOwn: Bool
  ) {
    directory?.hear(
      ResolvedService(
        instance: instance, host: host, address: address, port: port, text: text,
        isOwn: self.isOwn || isOwn))
  }

  /// The address in digits; one of the link (fe80::/10) with its interface, without which it is none.
  private static func text(_ address: UnsafePointer<AvahiAddress>, interface: Int32) -> String {
    let size = Int(AVAHI_ADDRESS_STR_MAX)
    let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { room in
      guard let start = room.baseAddress else { return "" }
      avahi_address_snprint(start, size, address)
      return String(cString: start)
    }
    guard address.pointee.proto == AVAHI_PROTO_INET6 else { return text }
    let head = address.pointee.data.ipv6.address
    return head.0 == 0xfe && head.1 & 0xc0 == 0x80 ? "\(text)%\(interface)" : text
  }
}

/// The strings of a TXT record, read from libavahi's list while its callback lasts.
private struct TextStrings: Sequence, IteratorProtocol {
  private var rest: UnsafeMutablePointer<AvahiStringList>?

  init(_ list: UnsafeMutablePointer<AvahiStringList>?) { rest = list }

  mutating func next() -> [UInt8]? {
    guard let entry = rest else { return nil }
    rest = avahi_string_list_get_next(entry)
    let size = avahi_string_list_get_size(entry)
    return Array(UnsafeBufferPointer(start: avahi_string_list_get_text(entry), count: size))
  }
}
