"""Values of the corpus, as templates: credentials as people choose and generate them, and what looks like one."""

WORDS = """amber anchor anvil apple arrow autumn badger bamboo banjo barley basalt beacon birch bison blossom bottle breeze bridge bronze butter cactus camel
candle canyon carbon castle cedar cherry cobalt comet copper coral cotton cricket crimson dagger daisy delta dolphin eagle ember falcon feather fennel fjord
forest fossil galaxy garden ginger glacier granite harbour hazel heron hickory hornet island ivory jaguar jasmine juniper kestrel lagoon lantern lemon lion
lotus magnet mango maple marble marlin meadow mercury nectar nutmeg oasis ocean olive onyx orchid otter panther pebble pepper pigeon pine planet plum quartz
rabbit raven ribbon river rocket saffron salmon silver sparrow spruce summer sunset thunder tiger timber tulip tundra turtle valley velvet violet walnut
willow winter zebra""".split()

NOUNS = """orders billing catalog payments shipping customers reports invoices search messaging inventory booking tickets profile metrics archive media feeds
uploads events schedule campaigns surveys routing pricing stock returns loyalty fleet sensors""".split()
APPS = """northwind skylark bluebird ledgerly parcelo tidewater stonebridge marketly quickcart fieldops heliotrope papertrail wavelength nightowl greenhouse
trailhead""".split()
PEOPLE = "anna ben carla dmitri elif farid greta hanna ivan jonas kenji laura mateo nadia oscar priya rosa stefan tomas ursula".split()
USERS = "app appuser svc_app dbadmin etl reporting root backend webapp deploy writer batch".split()
TLDS = "net io com eu de org co.uk".split()


def place(rng):
    """Names that stay the same all over a file."""
    app, word = rng.choice(APPS), rng.choice(NOUNS)
    other = rng.choice([n for n in NOUNS if n != word])
    return {
        "app": app,
        "APP": app.upper(),
        "word": word,
        "Word": word.capitalize(),
        "word2": other,
        "host": f"{app}.{rng.choice(TLDS)}",
        "user": rng.choice(USERS),
        "person": rng.choice(PEOPLE),
        "db": rng.choice([word, app, f"{app}_{word}", f"{word}_prod"]),
        "n": str(rng.randint(11, 98)),
        "digit": str(rng.randint(1, 9)),
        "port": str(rng.choice([3000, 5000, 8000, 8080, 8443, 9000])),
        "keyfile": rng.choice(["id_rsa", "id_ed25519", "deploy_key", "server.key", "client-key.pem", f"{app}.pem", "private.key"]),
    }


def human(rng):
    """A password as a person makes one up. The digits are drawn later, so that the text is none."""
    a, b, c = rng.sample(WORDS, 3)
    return rng.choice(
        [
            f"{a.capitalize()}{{{{digit 4}}}}!",
            f"{a.capitalize()}{{{{digit 2}}}}{b.capitalize()}",
            f"{a}{{{{digit 3}}}}{b}",
            f"{a.capitalize()}#{{{{digit 4}}}}",
            f"{a.capitalize()}_{b.capitalize()}_{{{{digit 2}}}}",
            f"{a}-{b}-{c}-{{{{digit 2}}}}",
            f"{a.capitalize()}{b.capitalize()}{{{{digit 2}}}}!",
            f"{a}{b}{{{{digit 2}}}}",
            f"{{{{digit 2}}}}{a.capitalize()}.{{{{digit 2}}}}",
        ]
    )


def drawn(rng):
    """A password as a program makes one."""
    return rng.choice(
        [
            "{{alnum 10}}",
            "{{alnum 12}}",
            "{{alnum 14}}",
            "{{alnum 16}}",
            "{{alnum 20}}",
            "{{alnum 24}}",
            "{{alnum 32}}",
            "{{lowernum 12}}",
            "{{lower 10}}",
            "{{lower 8}}",
            "{{hex 16}}",
            "{{hex 24}}",
            "{{alnum 5}}!{{alnum 6}}",
            "{{alnum 4}}#{{alnum 5}}-{{alnum 3}}",
            "{{alpha 3}}@{{alnum 7}}_{{digit 2}}",
            "{{alnum 7}}+{{alnum 6}}*{{alnum 2}}",
            "{{lower 4}}-{{lower 4}}-{{lower 4}}-{{lower 4}}",
            "{{upper 1}}{{lower 6}}{{digit 2}}",
        ]
    )


def password(rng):
    return human(rng) if rng.random() < 0.4 else drawn(rng)


def secret(rng, place):
    if rng.random() < 0.15:
        return f"{place['app']}-{rng.choice(WORDS)}-{rng.choice(WORDS)}-{{{{digit 4}}}}"
    return rng.choice(["{{hex 32}}", "{{hex 40}}", "{{hex 64}}", "{{alnum 24}}", "{{alnum 32}}", "{{alnum 48}}", "{{base64 43}}=", "{{base64url 48}}", "{{uuid}}"])


def credential(slot, rng, place):
    """The detector that should find what this slot stands for, and a template of it."""
    fixed = {
        "key50": ("generic-key", "{{lowernum 11}}#{{lowernum 13}}^{{lowernum 9}}!{{lowernum 14}}"),
        "hex32": ("generic-key", "{{hex 32}}"),
        "hexkey": ("generic-key", "{{hex 64}}"),
        "hex128": ("generic-key", "{{hex 128}}"),
        "HEX128": ("generic-key", "{{HEX 128}}"),
        "HEX48": ("generic-key", "{{HEX 48}}"),
        "b64key": ("generic-key", "{{base64 64}}"),
        "b64key32": ("generic-key", "{{base64 43}}="),
        "rawkey": ("generic-key", "{{alnum 16}}"),
        "bearer": ("generic-header", rng.choice(["{{alnum 40}}", "{{hex 48}}", "{{base64url 64}}", "{{jwt}}"])),
        "basic": ("generic-header", f"{{{{b64 {place['user']}:{drawn(rng)}}}}}"),
        "token": ("generic-token", rng.choice(["{{hex 40}}", "{{alnum 32}}", "{{alnum 24}}", "{{uuid}}", "{{base64url 43}}"])),
    }
    if slot in fixed:
        return fixed[slot]
    if slot == "urlpw":
        plain = [rng.choice(["{{alnum 12}}", "{{alnum 16}}", "{{alnum 24}}", "{{lowernum 14}}", "{{alnum 8}}%21{{alnum 3}}"]), human(rng).replace("#", "%23").replace("!", "%21")]
        return "generic-url", plain[rng.random() < 0.35]
    if slot == "secret":
        return "generic-secret", secret(rng, place)
    if slot == "password":
        return "generic-password", password(rng)
    raise SystemExit(f"there is no slot `{slot}`")


LITERAL_TRAPS = {
    "placeholder": """changeme <your-token> YOUR_API_KEY your-secret-here xxxxxxxxxxxxxxxx ******** <password> replace-me TODO your_password_here example
        REPLACE_WITH_YOUR_KEY 000000000000 put-your-key-here insert_token_here xxxx-xxxx-xxxx to-be-defined dummy""".split(),
    "reference": ["${SECRET}", "$DB_PASSWORD", "${VAULT_TOKEN:-}", "{{ db_password }}", "%DB_PASSWORD%", "$(cat /run/secrets/db)", "@@PASSWORD@@", "#{DbPassword}#"],
}


def trap(what):
    """The template of something that looks like a credential: `sha1`, `hex 12`."""
    name, _, count = what.partition(" ")
    if count:
        return f"{{{{{dict(b64='base64', b64url='base64url').get(name, name)} {count}}}}}"
    return {
        "uuid": "{{uuid}}",
        "md5": "{{hex 32}}",
        "sha1": "{{hex 40}}",
        "sha256": "{{hex 64}}",
        "digest": "sha256:{{hex 64}}",
        "bcrypt": "$2b$12${{base64 53}}",
        "sha512crypt": "$6${{alnum 16}}${{base64 86}}",
        "hexline": "{{digit 80}}",
        "pubkeyline": "{{base64 64}}",
        "sshpub": "AAAAC3NzaC1lZDI1NTE5AAAAI{{base64 43}}",
        "sshpubrsa": "AAAAB3NzaC1yc2EAAAADAQABAAABgQ{{base64 342}}",
        "sshfp": ":".join(["{{hex 2}}"] * 16),
    }[name]
