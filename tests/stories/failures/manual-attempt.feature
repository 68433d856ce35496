Feature: Somebody tries the card by hand

  Scenario: A manual attempt is no new Task and no new count
    Given the Account "Kitchen Gardens" of rep "Rita"
    And the open Opportunity "Herbs"
    And the plan "Team" at 45 USD a month
    When "Kitchen Gardens" subscribes to 2 x "Team" for the Opportunity "Herbs"
    And 15 days pass
    And the card of "Kitchen Gardens" is declined from now on: insufficient funds
    And 16 days pass
    And "Kitchen Gardens" tries to pay the open invoice and is declined
    Then the renewals are:
      | Status    | Payment Attempts | Dunning Status  |
      | Collected | 1                |                 |
      | Failed    | 1                | Retry scheduled |
      | Upcoming  |                  |                 |
    And the Task is:
      | Closed |
      | no     |
