/* Announces services by the dozen, for tests: one program instead of avahi-publish for each.
 *
 *   publish-services TYPE PORT…
 *
 * Orders come on standard input, a word a line, each answered by the same word once it is done:
 * "publish" announces a service "box N" at each port, "withdraw" takes them all back.
 *
 *   cc -o publish-services publish-services.c -lavahi-client -lavahi-common
 */
#include <avahi-client/client.h>
#include <avahi-client/publish.h>
#include <avahi-common/error.h>
#include <avahi-common/simple-watch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static AvahiSimplePoll *poll_;
static AvahiClient *client;
static AvahiEntryGroup *group;
static const char *type;
static char **ports;
static int count;

static void fail(const char *what, int code) {
  fprintf(stderr, "publish-services: %s: %s\n", what, avahi_strerror(code));
  exit(1);
}

static void say(const char *word) {
  puts(word);
  fflush(stdout);
}

static void group_changed(AvahiEntryGroup *g, AvahiEntryGroupState state, void *context) {
  (void)context;
  if (state == AVAHI_ENTRY_GROUP_ESTABLISHED) say("publish");
  if (state == AVAHI_ENTRY_GROUP_COLLISION) fail("a name is taken", AVAHI_ERR_COLLISION);
  if (state == AVAHI_ENTRY_GROUP_FAILURE)
    fail("refused", avahi_client_errno(avahi_entry_group_get_client(g)));
}

static void publish(void) {
  group = avahi_entry_group_new(client, group_changed, NULL);
  if (!group) fail("no group", avahi_client_errno(client));
  for (int i = 0; i < count; i++) {
    char name[32];
    snprintf(name, sizeof name, "box %d", i);
    int code = avahi_entry_group_add_service(
        group, AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC, 0, name, type, NULL, NULL,
        (uint16_t)atoi(ports[i]), NULL);
    if (code) fail(name, code);
  }
  int code = avahi_entry_group_commit(group);
  if (code) fail("commit", code);
}

static void ordered(AvahiWatch *watch, int fd, AvahiWatchEvent events, void *context) {
  (void)watch, (void)events, (void)context;
  char text[256];
  ssize_t length = read(fd, text, sizeof text - 1);
  if (length <= 0) {
    avahi_simple_poll_quit(poll_);
    return;
  }
  text[length] = 0;
  for (char *word = strtok(text, "\n"); word; word = strtok(NULL, "\n")) {
    if (!strcmp(word, "publish")) publish();
    if (!strcmp(word, "withdraw")) {
      avahi_entry_group_free(group);
      say(word);
    }
  }
}

static void client_changed(AvahiClient *c, AvahiClientState state, void *context) {
  (void)context;
  if (state == AVAHI_CLIENT_FAILURE) fail("no daemon", avahi_client_errno(c));
}

int main(int argc, char **argv) {
  int code;
  if (argc < 3) return 2;
  type = argv[1];
  ports = argv + 2;
  count = argc - 2;
  poll_ = avahi_simple_poll_new();
  const AvahiPoll *api = avahi_simple_poll_get(poll_);
  client = avahi_client_new(api, 0, client_changed, NULL, &code);
  if (!client) fail("no daemon", code);
  api->watch_new(api, 0, AVAHI_WATCH_IN, ordered, NULL);
  return avahi_simple_poll_loop(poll_) < 0;
}
