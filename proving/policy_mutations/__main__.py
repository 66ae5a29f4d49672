import json

from policy.docs import CAUGHT
from proving.policy_mutations import mutations, outcome

CAUGHT.write_text(json.dumps(outcome(mutations()), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
