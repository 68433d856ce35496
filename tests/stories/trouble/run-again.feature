Feature: The org refuses the win

  Scenario: The org's own rule is told in its words, and the row runs again when it is mended
    Given the Account "Gorse Honey"
    And the open Opportunity "Hives" that nobody may close
    And the plan "Team" at 100 USD a month
    When "Gorse Honey" subscribes to 1 x "Team" for the Opportunity "Hives"
    Then the Opportunity "Hives" is still open
    And the exception is:
      | Code       | Status | Reason                       |
      | FLOW_FAULT | Open   | …Legal holds this deal back… |
    And the Account "Gorse Honey" shows:
      | Lifetime Value | 100.00 |
      | Current ARR    | 1,200.00 |
    And there is no Contract
    When an admin lets the Opportunity "Hives" close
    And an admin runs the exceptions again
    Then the Opportunity "Hives" is won
    And there is no exception
    And the Contract is:
      | Account     |
      | Gorse Honey |
