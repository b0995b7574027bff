import Text

/// The files that the page is made of, as they were when the program was built.
enum PageAssets {
  static let script = PackageResources.app_js
  static let style = PackageResources.page_css
  static let icon = PackageResources.icon_svg

  /// Where the script is. Another script has another path, so that it may be kept for ever.
  static let scriptPath: String =
    "/assets/app.\(SHA256.hex(SHA256.hash(script)).prefix(12)).js"

  /// What a page may load and do (W3C Content Security Policy Level 3): the style that stands in it, our
  /// own script, and talk with this gateway.
  static let policy: [UInt8] = {
    let hash = String(decoding: Base64.encode(SHA256.hash(style)), as: UTF8.self)
    let rules = [
      "default-src 'none'", "script-src 'self'", "style-src 'sha256-\(hash)'",
      "img-src 'self' data:", "connect-src 'self'", "form-action 'self'", "base-uri 'none'",
      "frame-ancestors 'none'",
    ]
    return Array(rules.joined(separator: "; ").utf8)
  }()
}
