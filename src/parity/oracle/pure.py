"""x"""
def pure_outcome(call, pools, row):
    return None
