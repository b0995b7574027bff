import HTTP
import Net

/// Turns a driver's description into the bytes of an HTTP/1.1 request.
///
/// What the driver may not know is added here: the authority, the key, framing, and the header
/// lines that the host forwards or was told to add.
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
    _ request: RequestDescription, to target: UpstreamTarget, out: ByteBuffer, list: GatherList
  ) {
    writeHead(request, target, out)
    let headEnd = out.count
    guard request.bodyLength > Self.copiedBody else {
      for part in request.parts { copy(part, of: request, to: out) }
      list.append(out)
      return
    }
    out.append(request.literals, 0..<request.literals.count)
    list.append(out, 0..<headEnd)
    for part in request.parts {
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
    _ part: RequestDescription.BodyPart, of request: RequestDescription, to out: ByteBuffer
  ) {
    switch part {
    case .literal(let range): out.append(request.literals, range)
    case .client(let offset, let length):
      let start = clientRange.lowerBound + offset
      out.append(clientBody, start..<start + length)
    }
  }

  private func writeHead(
    _ request: RequestDescription, _ target: UpstreamTarget, _ out: ByteBuffer
  ) {
    let startLine = request.startLine
    out.append(startLine, 0..<request.methodLength)
    out.append(byte: 0x20)
    out.append(target.endpoint.basePathBytes)
    out.append(startLine, request.methodLength..<startLine.count)
    out.append(" HTTP/1.1\r\n")
    out.append(target.endpoint.hostLine)
    request.appendFields(to: out, credential: target.credential)
    out.append(forwarded)
    if !target.headerLines.isEmpty { out.append(target.headerLines) }
    if request.bodyLength > 0 || request.isPost {
      out.append("content-length: ")
      out.append(decimal: UInt64(request.bodyLength))
      out.append("\r\n")
    }
    out.append("\r\n")
  }
}
