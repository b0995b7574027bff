import HTTP
import Net

/// Writes response heads.
enum HeadWriter {
  /// The status line.
  static func start(_ status: Int, in out: ByteBuffer) {
    if status == 200 { return out.append("HTTP/1.1 200 OK\r\n") }
    out.append("HTTP/1.1 ")
    out.append(decimal: UInt64(status))
    out.append(" ")
    out.append(reason(status))
    out.append("\r\n")
  }

  /// A field; its name is a literal, which becomes a part of the code.
  @inline(__always)
  static func field(_ name: StaticString, _ value: [UInt8], in out: ByteBuffer) {
    out.append(name)
    out.append(": ")
    out.append(value)
    out.append("\r\n")
  }

  @inline(__always)
  static func field(_ name: StaticString, _ value: UInt64, in out: ByteBuffer) {
    out.append(name)
    out.append(": ")
    out.append(decimal: value)
    out.append("\r\n")
  }

  /// The names of RFC 9110 §15, and of RFC 5842 §7.2.
  static func reason(_ status: Int) -> StaticString {
    switch status {
    case 101: "Switching Protocols"
    case 200: "OK"
    case 201: "Created"
    case 202: "Accepted"
    case 204: "No Content"
    case 304: "Not Modified"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 402: "Payment Required"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 408: "Request Timeout"
    case 409: "Conflict"
    case 413: "Content Too Large"
    case 414: "URI Too Long"
    case 415: "Unsupported Media Type"
    case 417: "Expectation Failed"
    case 421: "Misdirected Request"
    case 422: "Unprocessable Content"
    case 426: "Upgrade Required"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 501: "Not Implemented"
    case 502: "Bad Gateway"
    case 503: "Service Unavailable"
    case 504: "Gateway Timeout"
    case 505: "HTTP Version Not Supported"
    case 508: "Loop Detected"
    default: "Status"
    }
  }
}
