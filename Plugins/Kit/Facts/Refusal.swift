/// How an exchange that is not relayed fails when a server refuses or says something odd.
extension Sink {
  /// Fails with what a refused or broken request means.
  public func fail(
    _ answer: Answer, judge: (ErrorReply) -> Judgement = ErrorClassifier.judge
  ) -> Verdict {
    if let cause = answer.cause { return fail(Failure(cause)) }
    let error = answer.error
    if answer.isSuccess {
      return fail(.upstreamBroken, "the server's answer is not what was asked for")
    }
    switch judge(error) {
    case .failed(let failure): return fail(failure)
    case .clientFault: return fail(Failure(.badRequest, ErrorClassifier.sentence(error)))
    }
  }

  /// Fails because the server is of another kind.
  public func failForeign(_ name: StaticString) -> Verdict {
    fail(Failure(.unsupported, ByteText.bytes("this is not ") + ByteText.bytes(name)))
  }
}
