import Text

/// A chat through the gateway itself: where it goes, how fast, and why. Without a script, the command
/// that does the same.
enum Playground {
  static func html(pick: HTMLText, host: String) -> HTMLText {
    #"""
    <section class="panel" aria-labelledby="h-play"><h2 id="h-play">Playground</h2>
    <noscript><p>Without JavaScript, try the gateway from a shell:</p>\#
    <pre class="code">curl -N http://\#(host)/v1/chat/completions -H 'content-type: application/json' \#
    -d '{"model":"MODEL","stream":true,"messages":[{"role":"user","content":"Hello!"}]}'</pre></noscript>
    <div class="play js"><form id="play">
    <div class="row"><label>Model \#(pick)</label>\#
    <label>Most tokens <input type="number" name="max" min="1" max="100000" value="256"></label></div>
    <label>Prompt <textarea name="prompt" rows="5" required>Say hello in one sentence.</textarea></label>
    <div class="row"><button id="send" class="main">Send</button>\#
    <button id="stop" type="button" disabled>Stop</button>\#
    <span class="hint">Ctrl+Enter sends. The prompt goes to the backend that serves it.</span></div>
    </form><div class="answer"><dl id="facts" class="facts"></dl>\#
    <output id="answer" for="play" aria-live="off" tabindex="0"></output>\#
    <p id="told" role="status"></p></div></div></section>
    """#
  }
}
