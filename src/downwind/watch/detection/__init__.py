"""Detection: which target is down, told fast where it is and never where it is not.

`Detector` hears probes, asks for more where one failed, and publishes states; `connectivity` says
whether one can see at all; `ending` tells of certificates and domains ahead of time.
"""

from downwind.watch.detection.connectivity import Connectivity, Sight, Witness, connectivity
from downwind.watch.detection.detector import Detector, Likelihoods, Wanted
from downwind.watch.detection.expiry import CERTIFICATE, DOMAIN, Ending, Urgency, ending
from downwind.watch.detection.grouping import voices
from downwind.watch.detection.keeping import resume, save
from downwind.watch.detection.outage import Outcome, is_refusal, outcome_of
from downwind.watch.detection.published import Condition, Published, Standing
from downwind.watch.detection.settings import Settings

__all__ = [
    "CERTIFICATE",
    "DOMAIN",
    "Condition",
    "Connectivity",
    "Detector",
    "Ending",
    "Likelihoods",
    "Outcome",
    "Published",
    "Settings",
    "Sight",
    "Standing",
    "Urgency",
    "Wanted",
    "Witness",
    "connectivity",
    "ending",
    "is_refusal",
    "outcome_of",
    "resume",
    "save",
    "voices",
]
