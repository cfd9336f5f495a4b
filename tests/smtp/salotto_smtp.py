"""What the SMTP server of the tests does with mails: a class for the command `aiosmtpd -c`."""

import asyncio
import base64
import email
import email.policy
import itertools
import json
import os

from aiosmtpd.smtp import AuthResult


class Handler:
    """Keeps mails as JSON in a folder, one file each; refuses some by their address.

    `nobody@` is refused for good, `later@` the first time; while there is a file `hold` in the
    folder, a mail is kept and its acceptance not told.
    """

    def __init__(self, folder, login=None):
        self.folder = folder
        self.login = login
        self.numbers = itertools.count(len(os.listdir(folder)))
        self.put_off = set()

    @classmethod
    def from_cli(cls, parser, *arguments):
        return cls(*arguments)

    async def auth_PLAIN(self, server, arguments):
        given = base64.b64decode(arguments[1]).split(b"\0")[1:]
        is_known = [part.decode() for part in given] == (self.login or "").split(":")
        return AuthResult(success=is_known, handled=False)

    async def handle_MAIL(self, server, session, envelope, address, options):
        if self.login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 There is no such user here"
        if address.startswith("later@") and address not in self.put_off:
            self.put_off.add(address)
            return "450 4.2.0 Come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.keep({
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "headers": [[name, str(value)] for name, value in message.items()],
            "text": message.get_content(),
            "encrypted": session.ssl is not None,
        })
        while os.path.exists(os.path.join(self.folder, "hold")):
            await asyncio.sleep(0.02)
        return "250 Kept"

    def keep(self, mail):
        path = os.path.join(self.folder, f"{next(self.numbers):06}.json")
        with open(path + ".part", "w") as file:
            json.dump(mail, file)
        os.rename(path + ".part", path)
