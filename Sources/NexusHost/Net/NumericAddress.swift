import Glibc

/// An IPv4 or IPv6 address as a number. One of IPv4 in IPv6's clothes, "::ffff:10.0.0.1"
/// (RFC 4291 §2.5.5.2), is the IPv4 address that it is.
public struct NumericAddress: Hashable, Sendable {
  public let isIPv6: Bool
  let high: UInt64
  /// The lower half; an IPv4 address is its lower 32 bits.
  let low: UInt64
  /// The interface of a link-local IPv6 address, "2" or "eth0" (RFC 4007 §11); else empty.
  public let scope: String

  public init(ipv4: UInt32) {
    self.init(isIPv6: false, high: 0, low: UInt64(ipv4))
  }

  private init(isIPv6: Bool, high: UInt64, low: UInt64, scope: String = "") {
    self.isIPv6 = isIPv6
    self.high = high
    self.low = low
    self.scope = scope
  }

  /// Reads "192.168.1.20", "fd00::20" or "fe80::1%2"; nil if the text is no whole address.
  public init?(_ text: String) {
    var four = in_addr()
    if inet_pton(AF_INET, text, &four) == 1 {
      self.init(ipv4: UInt32(bigEndian: four.s_addr))
      return
    }
    let bare = text.prefix { $0 != "%" }
    var six = in6_addr()
    guard inet_pton(AF_INET6, String(bare), &six) == 1 else { return nil }
    let words = six.__in6_u.__u6_addr32
    func half(_ upper: UInt32, _ lower: UInt32) -> UInt64 {
      UInt64(UInt32(bigEndian: upper)) << 32 | UInt64(UInt32(bigEndian: lower))
    }
    let (high, low) = (half(words.0, words.1), half(words.2, words.3))
    if high == 0, low >> 32 == 0xFFFF {
      self.init(ipv4: UInt32(truncatingIfNeeded: low))
    } else {
      let isLocal = high >> 54 == 0xFE80 >> 6
      let scope = isLocal ? String(text.dropFirst(bare.count + 1)) : ""
      self.init(isIPv6: true, high: high, low: low, scope: scope)
    }
  }

  public static let loopback = NumericAddress(ipv4: 0x7F00_0001)
  public static let loopbackIPv6 = NumericAddress(isIPv6: true, high: 0, low: 1)

  /// 127.0.0.0/8 or ::1.
  public var isLoopback: Bool { isIPv6 ? self == .loopbackIPv6 : low >> 24 == 127 }

  /// 169.254.0.0/16 (RFC 3927) or fe80::/10 (RFC 4291 §2.5.6).
  public var isLinkLocal: Bool { isIPv6 ? high >> 54 == 0xFE80 >> 6 : low >> 16 == 0xA9FE }

  /// Whether it can only be in a network of one's own.
  public var isPrivate: Bool { AddressBlock.privateBlocks.contains { $0.contains(self) } }

  /// Whether it names one machine: no group, no broadcast, and not "any".
  public var isUnicast: Bool {
    if isIPv6 { return high >> 56 != 0xFF && (high, low) != (0, 0) }
    return low >> 28 < 0xE && low >> 24 != 0
  }

  /// The address so many places behind this one.
  func advanced(by offset: UInt64) -> NumericAddress {
    let (sum, overflow) = low.addingReportingOverflow(offset)
    return NumericAddress(isIPv6: isIPv6, high: overflow ? high &+ 1 : high, low: sum)
  }

  /// The address with all but its first bits cleared.
  func prefix(_ bits: Int) -> NumericAddress {
    if !isIPv6 {
      return NumericAddress(ipv4: UInt32(truncatingIfNeeded: low) & ~(UInt32.max >> UInt32(bits)))
    }
    return NumericAddress(
      isIPv6: true, high: high & ~(UInt64.max >> UInt64(bits)),
      low: low & ~(UInt64.max >> UInt64(max(0, bits - 64))))
  }
}

extension NumericAddress: CustomStringConvertible {
  /// As a URL has it, without brackets: "192.168.1.20", "fd00::20", "fe80::1%2".
  public var description: String {
    guard isIPv6 else {
      return [24, 16, 8, 0].map { "\(low >> $0 & 0xFF)" }.joined(separator: ".")
    }
    func word(_ half: UInt64, _ shift: UInt64) -> UInt32 {
      UInt32(truncatingIfNeeded: half >> shift).bigEndian
    }
    var six = in6_addr()
    six.__in6_u.__u6_addr32 = (word(high, 32), word(high, 0), word(low, 32), word(low, 0))
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard inet_ntop(AF_INET6, &six, &text, socklen_t(text.count)) != nil else { return "::" }
    let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(decoding: bytes, as: UTF8.self) + (scope.isEmpty ? "" : "%\(scope)")
  }
}
