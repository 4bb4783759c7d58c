"""The emulated providers as they run: `uvicorn services.providers.app:app`."""

from services.common import flags
from services.common.env import settings_or_exit
from services.providers.service import create_app
from services.providers.settings import Settings

app = create_app(settings_or_exit(Settings.read))
settings_or_exit(flags.start)
