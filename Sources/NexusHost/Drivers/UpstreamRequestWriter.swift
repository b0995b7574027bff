import HTTP
import Net

/// Turns a driver's description into the bytes of an HTTP/1.1 request.
///
/// What the driver may not know is added here: the authority, the key, framing, and the header
/// lines that the host forwards.
struct UpstreamRequestWriter {
  /// The client's body, of which the description may take parts.
  let clientBody: ByteBuffer
  let clientRange: Range<Int>
  /// Whole header lines that the host adds, each with its CR LF.
  let forwarded: [UInt8]

  /// Bodies up to this size are copied behind their head, so that one plain write sends all.
  private static let copiedBody = 4 * 1024

  /// Writes the head and the driver's own bytes into `out`, and puts what is to be sent into `list`.
  func write(
    _ sink: DriverSink, to target: UpstreamTarget, out: ByteBuffer, list: GatherList
  ) {
    writeHead(sink, target, out)
    let headEnd = out.count
    guard sink.request.bodyLength > Self.copiedBody else {
      for part in sink.request.parts { copy(part, of: sink, to: out) }
      list.append(out)
      return
    }
    out.append(sink.request.literal)
    list.append(out, 0..<headEnd)
    for part in sink.request.parts {
      switch part {
      case .literal(let range):
        list.append(out, headEnd + range.lowerBound..<headEnd + range.upperBound)
      case .client(let offset, let length):
        let start = clientRange.lowerBound + offset
        list.append(clientBody, start..<start + length)
      }
    }
  }

  private func copy(
    _ part: RequestDescription.BodyPart, of sink: DriverSink, to out: ByteBuffer
  ) {
    switch part {
    case .literal(let range): out.append(sink.request.literal, range)
    case .client(let offset, let length):
      let start = clientRange.lowerBound + offset
      out.append(clientBody.span.extracting(start..<start + length))
    }
  }

  private func writeHead(
    _ sink: DriverSink, _ target: UpstreamTarget, _ out: ByteBuffer
  ) {
    out.append(sink.request.method)
    out.append(" ")
    out.append(target.endpoint.basePathBytes)
    out.append(sink.request.path)
    out.append(" HTTP/1.1\r\n")
    out.append(target.endpoint.hostLine)
    if sink.request.takesCredential {
      var lines: [UInt8] = []
      sink.request.appendFields(to: &lines, credential: target.credential)
      out.append(lines)
    } else {
      out.append(sink.request.fieldLines)
    }
    out.append(forwarded)
    if sink.request.bodyLength > 0 || sink.request.method == Self.post {
      out.append("content-length: ")
      out.append(decimal: UInt64(sink.request.bodyLength))
      out.append("\r\n")
    }
    out.append("\r\n")
  }

  private static let post = Array("POST".utf8)
}
