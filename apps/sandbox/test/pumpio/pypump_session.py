"""A session of PyPump, as its own documentation has it: prints one JSON document per line, and reads the verifier."""
import json
import sys

from pypump import Client, PyPump


class HttpPump(PyPump):
    """PyPump insists on https; the sandbox has none."""
    protocol = property(lambda self: 'http', lambda self, value: None)

    def request(self, *args, headers=None, **kwargs):
        # An upload says its length as a number, which newer versions of requests refuse.
        headers = headers and {name: str(value) for name, value in headers.items()}
        return super().request(*args, headers=headers, **kwargs)


def say(**fields):
    print(json.dumps(fields), flush=True)


def ask_for_verifier(url):
    say(url=url)
    return sys.stdin.readline().strip()


account, picture = sys.argv[1:]
client = Client(webfinger=account, name='PyPump here', type='native')
pump = HttpPump(client=client, verifier_callback=ask_for_verifier)

note = pump.Note('<b>Hello</b> from PyPump', display_name='A title')
note.to = pump.Public
note.send()
image = pump.Image(display_name='A picture', content='One pixel')
image.from_file(picture)
note.comment(pump.Comment('Seen'))
note.like()

say(
    me=pump.me.id,
    username=pump.me.username,
    note={'id': note.id, 'content': note.content, 'author': note.author.id, 'url': note.url},
    outbox=[[each.verb, each.obj.object_type, each.obj.content] for each in pump.me.outbox.items(limit=None)],
    inbox=[each.verb for each in pump.me.inbox.items(limit=None)],
    major=[each.obj.object_type for each in pump.me.outbox.major],
    likes=[each.id for each in note.likes],
    comments=[each.content for each in note.comments],
    picture=[image.original.width, image.original.height],
    followers=len(list(pump.me.followers))
)

# The same machine again: what is stored is enough.
again = HttpPump(client=Client(webfinger=account, name='PyPump here', type='native'), verifier_callback=ask_for_verifier)
say(again=again.me.id, latest=next(iter(again.me.outbox.items(limit=1))).id)
