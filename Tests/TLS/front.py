"""Takes TLS connections on a free loopback port and passes their bytes on to a plain one.

usage: front.py CERTIFICATE KEY PORT

One plain connection for each TLS connection, so that what a plain server sees of connections holds
for the TLS side too. Says "listening PORT", then a line for each connection: "open" after a
handshake, "refused WHY" when the client ended one. After SIGUSR1 ("breaking") each new connection
is closed inside the handshake ("broken"), after SIGUSR2 ("mended") no longer.
"""

import select
import signal
import socket
import ssl
import sys
import threading

breaks = False


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def switch(number, _):
    global breaks
    breaks = number == signal.SIGUSR1
    say("breaking" if breaks else "mended")


def pump(secure, plain):
    """Moves bytes both ways until either side ends."""
    while True:
        ready = [secure] if secure.pending() else select.select([secure, plain], [], [])[0]
        for source, sink in ((secure, plain), (plain, secure)):
            if source in ready:
                data = source.recv(65536)
                if not data:
                    return
                sink.sendall(data)


def serve(connection, context, port):
    with connection:
        if breaks:
            # Not before the client's first message, or it would see the end of a connection that
            # never began to speak TLS.
            connection.recv(65536)
            say("broken")
            return
        try:
            secure = context.wrap_socket(connection, server_side=True)
        except OSError as error:
            say(f"refused {error}")
            return
        say("open")
        with secure, socket.create_connection(("127.0.0.1", port)) as plain:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                pump(secure, plain)
                secure.settimeout(1)
                secure.unwrap()
            except OSError:
                pass


def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    signal.signal(signal.SIGUSR1, switch)
    signal.signal(signal.SIGUSR2, switch)
    say(f"listening {listener.getsockname()[1]}")
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        arguments = (connection, context, int(sys.argv[3]))
        threading.Thread(target=serve, args=arguments, daemon=True).start()


main()
